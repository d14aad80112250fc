// Schemas of the small things that messages, API bodies and receipts are made of.
import * as v from "valibot";
import { type Address, type Bytes32, type Cid, isAddress, isBytes32, isCid } from "./ids.ts";

/** A string that `is` accepts, typed as what it names. */
const named = <T extends string>(is: (text: string) => text is T, expectation: string): v.GenericSchema<string, T> =>
  v.pipe(v.string(), v.check(is, expectation)) as unknown as v.GenericSchema<string, T>;

export const address = named<Address>(isAddress, "expected a lower-case address");
export const bytes32 = named<Bytes32>(isBytes32, "expected 32 bytes in lower-case hexadecimal");
export const cid = named<Cid>(isCid, "expected a content id");

/** A whole number, 0 to `max`. */
export const uint = (max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));
/** A whole number, 1 to `max`. */
export const positive = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(max));
/** Up to the 39 digits of 2^128. */
export const wei = v.pipe(v.string(), v.regex(/^\d{1,39}$/, "expected an amount in wei, decimal"));
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** Exactly `length` bytes. */
export const bytes = (length: number) =>
  v.custom<Uint8Array>((b) => b instanceof Uint8Array && b.length === length, `expected ${length} bytes`);
export const bytesUpTo = (max: number) =>
  v.custom<Uint8Array>((b) => b instanceof Uint8Array && b.length <= max, `expected at most ${max} bytes`);

// The names of things. Each is a branded string, so that an address is never passed where a key is wanted.
import { SuperEdgeError } from "./errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 20 bytes, `0x` and 40 lower-case hexadecimal digits. Lower case everywhere: addresses are compared as strings. */
export type Address = Branded<"Address">;
/** 32 bytes, `0x` and 64 lower-case hexadecimal digits. */
export type Bytes32 = Branded<"Bytes32">;
/** Any number of bytes, `0x` and an even number of lower-case hexadecimal digits. */
export type Hex = Branded<"Hex"> | Address | Bytes32;
/** CIDv1 in base32, of a UnixFS file as IPFS makes it (see `cid.ts`). */
export type Cid = Branded<"Cid">;
/** The deal's id on chain; a job is named by the deal that pays it. */
export type JobId = Bytes32;
/** keccak(dealId, index, nonce): the opaque name under which a task travels. */
export type TaskKey = Bytes32;

const ADDRESS = /^0x[0-9a-f]{40}$/;
const BYTES32 = /^0x[0-9a-f]{64}$/;
const HEX = /^0x(?:[0-9a-f]{2})*$/;
/** CIDv1, base32: `bafy…` (dag-pb, sha2-256) or `bafk…` (raw, sha2-256). */
const CID = /^baf(?:kre|ybe)i[a-z2-7]{52}$/;

export const isAddress = (text: string): text is Address => ADDRESS.test(text);
export const isBytes32 = (text: string): text is Bytes32 => BYTES32.test(text);
export const isHex = (text: string): text is Hex => HEX.test(text);
export const isCid = (text: string): text is Cid => CID.test(text);

const parse =
  <T extends string>(what: string, is: (text: string) => text is T) =>
  (text: string): T => {
    const lower = text.toLowerCase();
    if (is(lower)) return lower;
    throw new SuperEdgeError("bad-id", `expected ${what}, found ${JSON.stringify(text.slice(0, 80))}`);
  };

/** Accepts any letter case (checksummed addresses included). Throws `bad-id`. */
export const toAddress = parse("an address (0x and 40 hexadecimal digits)", isAddress);
/** The contracts' word for no account. */
export const NOBODY = toAddress(`0x${"00".repeat(20)}`);
/** Accepts any letter case. Throws `bad-id`. */
export const toBytes32 = parse("32 bytes (0x and 64 hexadecimal digits)", isBytes32);
/** Throws `bad-id`. */
export const toCid = parse("a CIDv1 of SHA-256 in base32", isCid);

/** Made of character codes: a string grown digit by digit is kept as a tree of its pieces, ten times as large. */
export const toHex = (bytes: Uint8Array): Hex => {
  if (bytes.length === 32) return wordToHex(bytes);
  const codes = new Uint8Array(2 + 2 * bytes.length);
  codes.set(HEX_PREFIX);
  for (let i = 0; i < bytes.length; i++) {
    codes[2 + 2 * i] = HEX_DIGIT[bytes[i]! >> 4]!;
    codes[3 + 2 * i] = HEX_DIGIT[bytes[i]! & 15]!;
  }
  let text = "";
  for (let i = 0; i < codes.length; i += MAX_CODES)
    text += String.fromCharCode.apply(null, codes.subarray(i, i + MAX_CODES) as unknown as number[]);
  return text as Hex;
};

// Nearly all that is written is 32 bytes; with a list of that length it takes a third of the time.
const wordCodes: number[] = Array.from({ length: 66 }, () => 0);
function wordToHex(bytes: Uint8Array): Hex {
  wordCodes[0] = HEX_PREFIX[0]!;
  wordCodes[1] = HEX_PREFIX[1]!;
  for (let i = 0; i < 32; i++) {
    wordCodes[2 + 2 * i] = HEX_DIGIT[bytes[i]! >> 4]!;
    wordCodes[3 + 2 * i] = HEX_DIGIT[bytes[i]! & 15]!;
  }
  return String.fromCharCode.apply(null, wordCodes) as Hex;
}
export const hex32 = (bytes: Uint8Array): Bytes32 => toHex(bytes) as Bytes32;

const codesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const HEX_PREFIX = codesOf("0x");
const HEX_DIGIT = codesOf("0123456789abcdef");
/** Arguments of one call: engines bound them, the lowest bound is about 65,000. */
const MAX_CODES = 8192;

/** Throws `bad-id` unless the text is `Hex`. */
export const fromHex = (hex: string): Uint8Array => {
  const bytes = new Uint8Array(Math.max(0, hex.length - 2) >> 1);
  // Negative once anything is wrong: what is no digit counts as −1. A regular expression before would take as long again.
  let wrong = hex.startsWith("0x") && hex.length % 2 === 0 ? 0 : -1;
  for (let i = 0; i < bytes.length; i++) {
    const value = (digit(hex, 2 + 2 * i) << 4) | digit(hex, 3 + 2 * i);
    bytes[i] = value;
    wrong |= value;
  }
  if (wrong < 0)
    throw new SuperEdgeError("bad-id", `expected bytes in hexadecimal, found ${JSON.stringify(hex.slice(0, 80))}`);
  return bytes;
};

const DIGIT = Int8Array.from({ length: 128 }, (_, code) => "0123456789abcdef".indexOf(String.fromCharCode(code)));
const digit = (hex: string, at: number): number => DIGIT[hex.charCodeAt(at)] ?? -1;

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { encode, type PeerMessage, parse } from "../../web/peer/wire.ts";

const u32 = fc.nat(0xffffffff);
const cid = fc
  .tuple(
    fc.constantFrom("bafkrei", "bafybei"),
    fc.string({ unit: fc.constantFrom(..."abcxyz234567"), minLength: 52, maxLength: 52 }),
  )
  .map(([start, rest]) => `${start}${rest}` as Cid);
const sets = fc
  .integer({ min: 0, max: 128 })
  .chain((length) => fc.tuple(...[0, 1].map(() => fc.uint8Array({ minLength: length, maxLength: length }))));

const message: fc.Arbitrary<PeerMessage> = fc.oneof(
  cid.map((cid) => ({ type: "ask" as const, cid })),
  fc.tuple(cid, sets).map(([cid, [held, coming]]) => ({ type: "have" as const, cid, held: held!, coming: coming! })),
  fc.tuple(cid, u32, u32).map(([cid, request, index]) => ({ type: "want" as const, cid, request, index })),
  fc
    .tuple(u32, fc.uint8Array({ maxLength: 500 }))
    .map(([request, bytes]) => ({ type: "piece" as const, request, bytes })),
  u32.map((request) => ({ type: "lack" as const, request })),
);

const isRefusal = (error: unknown) => error instanceof SuperEdgeError && error.code === "bad-message";

describe("a peer's message", () => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(message, (its) => {
        expect(parse(encode(its))).toEqual(its);
      }),
    );
  });

  test("that is noise, cut short, made longer or changed is refused with a code, or is another message", () => {
    const change = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(message, fc.nat(80)).map(([its, cut]) => encode(its).slice(0, -1 - cut)),
      fc
        .tuple(message, fc.uint8Array({ minLength: 1 }))
        .map(([its, more]) => Uint8Array.from([...encode(its), ...more])),
      fc.tuple(message, fc.nat(600), fc.nat(255)).map(([its, at, byte]) => {
        const bytes = encode(its);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(change, (bytes) => {
        try {
          expect(encode(parse(bytes))).toEqual(bytes);
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("carries at most a chunk", () => {
    const piece = (length: number) => encode({ type: "piece", request: 0, bytes: new Uint8Array(length) });
    expect(parse(piece(CHUNK_BYTES))).toMatchObject({ type: "piece" });
    expect(() => parse(piece(CHUNK_BYTES + 1))).toThrow(expect.objectContaining({ code: "bad-message" }));
  });
});

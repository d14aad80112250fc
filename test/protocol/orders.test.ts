import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATEGORIES } from "../../protocol/categories.ts";
import { DOMAIN_NAME, DOMAIN_VERSION } from "../../protocol/commit.ts";
import { hex32, toAddress, toBytes32 } from "../../protocol/ids.ts";
import {
  inJson,
  type LazyOrder,
  type Message,
  type OrderKind,
  type OrderOf,
  orderHash,
  orderMessage,
  orderTypes,
  parseOrder,
  structHash,
  TAGS,
  typesOf,
} from "../../protocol/orders.ts";
import vectors from "../vectors/orders.json" with { type: "json" };

const KINDS = Object.keys(vectors) as OrderKind[];

/** The words of a vector, read back into the fields they stand for. */
function read(kind: keyof typeof orderTypes, words: string[]): Message {
  return Object.fromEntries(
    orderTypes[kind].map(({ name, type }) => {
      if (type === "Order") return [name, read("Order", words)];
      const word = words.shift()!;
      return [name, type === "address" ? toAddress(`0x${word.slice(26)}`) : type === "bytes32" ? word : BigInt(word)];
    }),
  );
}

/** A message as somebody would have posted it. */
function toOrder(kind: keyof typeof orderTypes, message: Message): Record<string, unknown> {
  return Object.fromEntries(
    orderTypes[kind].flatMap(({ name, type }): [string, unknown][] => {
      const value = message[name]!;
      if (typeof value === "object") return [[name, toOrder("Order", value)]];
      if (name === "law") return [[name, value === 0n ? "pool" : "poco"]];
      if (name === "category") return value === 0n ? [] : [[name, CATEGORIES[Number(value) - 1]]];
      if (name === "tags") return [[name, TAGS.filter((_, bit) => (BigInt(value) >> BigInt(bit)) & 1n)]];
      if (name === "app" || name === "dataset")
        return [[name, toBytes32(`0x${BigInt(value).toString(16).padStart(64, "0")}`)]];
      if (typeof value !== "bigint") return [[name, value]];
      return [[name, type.length > 6 || name.endsWith("Wei") ? String(value) : Number(value)]];
    }),
  );
}

describe.each(KINDS)("%s", (kind) => {
  const messages = vectors[kind].map(({ words, hash }) => ({ message: read(kind, [...words]), hash }));
  const posted = messages.map(({ message, hash }) => ({ json: toOrder(kind, message), hash }));

  it("has the hashes of the vectors", () => {
    for (const { message, hash } of messages) expect(hex32(structHash(kind, message))).toBe(hash);
  });

  it("is parsed from what is posted, signed as ethers signs it, and written as it was", () => {
    for (const { json, hash } of posted) {
      const { order } = parseOrder(kind, { order: json, signature: "0x" });
      expect(inJson(order)).toEqual(json);
      expect(hex32(structHash(kind, orderMessage(kind, order)))).toBe(hash);
      const domain = { chainId: 31_337, hub: toAddress(`0x${"ab".repeat(20)}`) };
      const ethersDomain = {
        name: DOMAIN_NAME,
        version: DOMAIN_VERSION,
        chainId: domain.chainId,
        verifyingContract: domain.hub,
      };
      expect(orderHash(domain, kind, order)).toBe(
        TypedDataEncoder.hash(ethersDomain, typesOf(kind), orderMessage(kind, order)),
      );
    }
  });

  it("is refused with a field more, a field less, or a value of another size", () => {
    const json = posted[0]!.json;
    const parse = (order: unknown, signature: unknown = "0x") => parseOrder(kind, { order, signature });
    expect(() => parse({ ...json, more: 1 })).toThrow("more");
    for (const name of Object.keys(json)) {
      if (name === "category") continue;
      const { [name]: _, ...less } = json;
      expect(() => parse(less)).toThrow(name);
      for (const wrong of [null, -1, 1.5, "0x", `${2n ** 128n}`, "x".repeat(100), [["wgsl"]], { a: 1 }])
        expect(() => parse({ ...json, [name]: wrong })).toThrow();
    }
    expect(() => parse(json, "no signature")).toThrow("signature");
    expect(() => parse(json, `0x${"00".repeat(2049)}`)).toThrow("signature");
  });

  it("never makes the parser throw anything but a refusal", () => {
    fc.assert(
      fc.property(fc.anything(), (json) => {
        try {
          parseOrder(kind, { order: json, signature: "0x" });
          return false;
        } catch (error) {
          return (error as { code?: string }).code === "bad-message";
        }
      }),
    );
  });
});

it("a lazy order's hash changes with every field, so that its deal pays for nothing else", () => {
  const domain = { chainId: 31_337, hub: toAddress(`0x${"ab".repeat(20)}`) };
  const { order } = parseOrder("LazyOrder", {
    order: toOrder("LazyOrder", read("LazyOrder", [...vectors.LazyOrder[0]!.words])),
    signature: "0x",
  });
  const changed: OrderOf<"LazyOrder">[] = [
    { ...order, sequence: order.sequence + 1 },
    { ...order, mostWei: order.mostWei + 1n },
    ...Object.entries(order.order).flatMap(([name, value]) =>
      typeof value === "number" || typeof value === "bigint"
        ? [
            {
              ...order,
              order: {
                ...order.order,
                [name]: typeof value === "number" ? value + 1 : value + 1n,
              } as LazyOrder["order"],
            },
          ]
        : [],
    ),
  ];
  const hashes = [order, ...changed].map((o) => orderHash(domain, "LazyOrder", o));
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(changed.length).toBe(10);
});

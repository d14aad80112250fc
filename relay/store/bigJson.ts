// JSON with bigints in it, as the store keeps it: a bigint is a string of its digits and an n.

export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));

export const fromJson = (json: unknown): unknown =>
  JSON.parse(String(json), (_, inner) =>
    typeof inner === "string" && /^\d+n$/.test(inner) ? BigInt(inner.slice(0, -1)) : inner,
  );

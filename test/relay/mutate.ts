// Small damage to what was valid: in the structure of a message, or in its bytes.
import type { Random } from "./random.ts";

type Tree = Record<string, unknown> | unknown[];
const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array);

/** What stands nowhere in a valid message, or stands there as another type. */
const STRANGERS = [
  null,
  undefined,
  true,
  0,
  -1,
  0.5,
  2 ** 32,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "0x",
  "__proto__",
  "x".repeat(3000),
  [],
  {},
  new Uint8Array(),
  new Uint8Array(32),
  new Uint8Array(65),
];

function changed(random: Random, value: unknown): unknown {
  if (value instanceof Uint8Array && value.length > 0 && random() < 0.8) return damage(random, value);
  if (typeof value === "number" && random() < 0.6) return value + random.pick([-1, 1, 2, 64, 1000]);
  if (typeof value === "string" && value.length > 0 && random() < 0.6) {
    const at = random.below(value.length);
    return value.slice(0, at) + random.pick(["", "0", "f", "G", "\u0000", "é"]) + value.slice(at + 1);
  }
  return random.pick(STRANGERS);
}

/** A copy with one field dropped, added, doubled, or changed, somewhere in it. */
export function mutate<T extends Tree>(random: Random, message: T): T {
  const copy = structuredClone(message);
  let tree: Tree = copy;
  for (;;) {
    const keys = Object.keys(tree);
    const key = keys.length > 0 ? random.pick(keys) : "more";
    const value = (tree as Record<string, unknown>)[key];
    if (isTree(value) && random() < 0.7) {
      tree = value;
      continue;
    }
    const kind = random();
    if (Array.isArray(tree)) {
      if (kind < 0.2) tree.splice(Number(key), 1);
      else if (kind < 0.4) tree.push(...Array.from({ length: random.pick([1, 100]) }, () => value));
      else tree[Number(key)] = changed(random, value);
    } else if (kind < 0.15) delete tree[key];
    else if (kind < 0.25) tree[random.pick(["more", "type", "constructor", "toString"])] = random.pick(STRANGERS);
    else tree[key] = changed(random, value);
    return copy;
  }
}

/** A copy with bits flipped, or a piece cut off, doubled, moved or made up. */
export function damage(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const at = random.below(bytes.length);
  const to = at + 1 + random.below(bytes.length - at);
  switch (random.below(5)) {
    case 0:
      for (let flips = 1 + random.below(4); flips > 0; flips--)
        copy[random.below(copy.length)]! ^= 1 << random.below(8);
      return copy;
    case 1:
      return copy.slice(0, at);
    case 2:
      return Uint8Array.of(...copy.subarray(0, to), ...copy.subarray(at));
    case 3:
      return Uint8Array.of(...copy.subarray(0, at), ...copy.subarray(to), ...copy.subarray(at, to));
    default:
      for (let i = at; i < to; i++) copy[i] = random.below(256);
      return copy;
  }
}

// A receipt is worth what it cannot be bent to say.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cid } from "../../protocol/ids.ts";
import { parseReceipt, type Receipt, verifyReceipt } from "../../protocol/receipt.ts";
import { recoverAddress } from "../../relay/signature.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { chooseSeed, seeded } from "./random.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

/** What verification needs no opinion on, and why. */
const UNBOUND: Record<string, string> = {
  // The relay's word, as of the lease; the chain's own record, which the epoch is settled by, has it too.
  "contributions.0.score":
    "of the chain, not of the receipt: with two newcomers' weight a higher score changes nothing",
  "contributions.1.score":
    "of the chain, not of the receipt: with two newcomers' weight a higher score changes nothing",
  // Digests bind it; without the output there is nothing to cut into leaves.
  itemBytes: "checked with the output",
};

let grid: TestRelay;
let receipt: Receipt;
beforeAll(async () => {
  grid = await openTestRelay();
  const app: Cid = await grid.publish(squares, await compileSquares());
  const { job } = await grid.submit(specOf(app));
  const volunteers = [1, 2].map(() => new NodeVolunteer(grid.url));
  await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text();
  receipt = parseReceipt(await (await fetch(`${grid.url}/api/jobs/${job}/tasks/3/receipt`)).json());
  for (const volunteer of volunteers) volunteer.close();
});
afterAll(() => grid.close());

const holds = (bent: unknown, output?: Uint8Array): boolean => {
  try {
    return verifyReceipt(parseReceipt(bent), recoverAddress, output).ok;
  } catch {
    return false;
  }
};

type Path = (string | number)[];
/** Every leaf of a value, by its path. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
const at = (value: unknown, path: Path): unknown => path.reduce((inner, key) => (inner as never)[key], value);
function withLeaf(path: Path, change: (leaf: unknown) => unknown): unknown {
  const copy = structuredClone(receipt) as never;
  const holder = at(copy, path.slice(0, -1)) as Record<string | number, unknown>;
  const key = path.at(-1)!;
  holder[key] = change(holder[key]);
  return copy;
}

describe("a receipt", () => {
  const output = squaresOf({ first: 6, count: 2 });

  it("holds, with its output and without", () => {
    expect(verifyReceipt(receipt, recoverAddress).checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(holds(receipt, output)).toBe(true);
    expect(receipt.contributions.length).toBe(2);
  });

  it("does not hold with another output", () => {
    expect(holds(receipt, squaresOf({ first: 8, count: 2 }))).toBe(false);
    expect(holds(receipt, output.subarray(0, 4))).toBe(false);
  });

  it("does not hold once any single field is changed, but for those named above", () => {
    const random = seeded(chooseSeed("receipts"));
    const loose = new Set<string>();
    for (const path of leaves(receipt))
      for (let i = 0; i < 8; i++) {
        const bent = withLeaf(path, (leaf) => {
          if (typeof leaf === "number") return leaf + random.pick([1, 2, 7]);
          if (typeof leaf === "boolean") return !leaf;
          const text = String(leaf);
          const place = text.startsWith("0x") ? 2 + random.below(text.length - 2) : random.below(text.length);
          const other = random.pick([..."0123456789abcdef"].filter((digit) => digit !== text[place]));
          return text.slice(0, place) + other + text.slice(place + 1);
        });
        if (holds(bent)) loose.add(path.join("."));
      }
    expect([...loose].filter((path) => !(path in UNBOUND))).toEqual([]);
  });

  it("does not hold with a contribution left out, doubled, or taken from another task", () => {
    const { contributions } = receipt;
    const [first, second] = contributions as [Receipt["contributions"][0], Receipt["contributions"][0]];
    expect(holds({ ...receipt, contributions: [first] })).toBe(false);
    expect(holds({ ...receipt, contributions: [first, first] })).toBe(false);
    expect(holds({ ...receipt, contributions: [first, { ...second, worker: first.worker }] })).toBe(false);
    expect(holds({ ...receipt, contributions: [] })).toBe(false);
  });

  it("does not hold with a field too many or too few", () => {
    expect(holds({ ...receipt, more: 1 })).toBe(false);
    for (const key of Object.keys(receipt)) {
      const { [key as keyof Receipt]: _, ...rest } = receipt;
      expect(holds(rest)).toBe(false);
    }
  });
});

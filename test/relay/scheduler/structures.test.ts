import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Address } from "../../../protocol/ids.ts";
import { Heap } from "../../../relay/scheduler/heap.ts";
import { newWorker } from "../../../relay/scheduler/new.ts";
import { Roll } from "../../../relay/scheduler/roll.ts";
import { Rota } from "../../../relay/scheduler/rota.ts";
import { chooseSeed } from "../random.ts";

const seed = chooseSeed("structures");
const check = <T>(arbitrary: fc.Arbitrary<T>, claim: (value: T) => void) =>
  fc.assert(
    fc.property(arbitrary, (value) => {
      claim(value);
    }),
    { seed, numRuns: 200 },
  );

describe("a heap", () => {
  it("has its least entry first, whatever is added and removed in between", () => {
    const operation = fc.record({ key: fc.integer({ min: 0, max: 50 }), removes: fc.nat(10) });
    check(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new Heap<{ key: number }>((entry) => entry.key);
      const kept: { key: number }[] = [];
      for (const { key, removes } of operations) {
        if (removes < 4 && kept.length > 0) heap.delete(kept.splice(key % kept.length, 1)[0]!);
        else {
          const entry = { key };
          heap.push(entry);
          kept.push(entry);
        }
        expect(heap.size).toBe(kept.length);
        expect(heap.first?.key).toBe(kept.length ? Math.min(...kept.map((entry) => entry.key)) : undefined);
      }
    });
  });
});

describe("a rota", () => {
  it("comes to everybody once before it comes to anybody twice, while nobody joins or leaves", () => {
    check(fc.integer({ min: 1, max: 40 }), (count) => {
      const rota = new Rota<number>();
      for (let i = 0; i < count; i++) rota.add(i);
      rota.add(0);
      const turns = Array.from({ length: 3 * count }, () => rota.next()!);
      for (let round = 0; round < 3; round++)
        expect(new Set(turns.slice(round * count, (round + 1) * count)).size).toBe(count);
    });
  });

  it("forgets who has left", () => {
    const rota = new Rota<string>();
    for (const name of ["a", "b", "c"]) rota.add(name);
    rota.delete("b");
    rota.delete("nobody");
    expect(new Set([rota.next(), rota.next(), rota.next()])).toEqual(new Set(["a", "c"]));
    rota.delete("a");
    rota.delete("c");
    expect([rota.next(), rota.size]).toEqual([undefined, 0]);
  });
});

describe("the roll", () => {
  const worker = (n: number, owner: number) =>
    newWorker({ address: `0x${n}` as Address, owner: `0xowner${owner}` as Address });

  it("draws every owner alike, however many machines it has", () => {
    const roll = new Roll();
    for (let n = 0; n < 30; n++) roll.add(worker(n, 0));
    for (let owner = 1; owner < 5; owner++) roll.add(worker(100 + owner, owner));
    const drawn = new Map<string, number>();
    for (let i = 0; i < 5000; i++) {
      const { owner } = roll.draw(() => ((i * 0.618034) % 1 || 0) * (1 - 1e-9))!;
      drawn.set(owner, (drawn.get(owner) ?? 0) + 1);
    }
    for (const count of drawn.values()) expect(Math.abs(count - 1000)).toBeLessThan(50);
    expect(drawn.size).toBe(5);
  });

  it("knows exactly those that joined and have not left", () => {
    check(fc.array(fc.record({ n: fc.nat(12), leaves: fc.boolean() }), { maxLength: 100 }), (operations) => {
      const roll = new Roll();
      const workers = Array.from({ length: 13 }, (_, n) => worker(n, n % 5));
      const here = new Set<number>();
      for (const { n, leaves } of operations) {
        if (leaves) {
          roll.delete(workers[n]!);
          here.delete(n);
        } else {
          roll.add(workers[n]!);
          here.add(n);
        }
        expect(roll.owners).toBe(new Set([...here].map((m) => m % 5)).size);
        const drawn = roll.draw(() => 0.7);
        if (here.size === 0) expect(drawn).toBeUndefined();
        else expect(here.has(workers.indexOf(drawn!))).toBe(true);
      }
    });
  });
});

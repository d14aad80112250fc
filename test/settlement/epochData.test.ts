import fc from "fast-check";
import { Packr } from "msgpackr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dealsHash, type EpochHeader, epochHash } from "../../protocol/epoch.ts";
import { buildEpoch, type Epoch } from "../../protocol/epochBuild.ts";
import { decodeEpochData, type EpochData, encodeEpochData } from "../../protocol/epochData.ts";
import { fromHex } from "../../protocol/ids.ts";
import { dealsToAbi, headerToAbi } from "../../relay/settlement/abi.ts";
import { named, World } from "./world.ts";

let world: World;
let epoch: Epoch;
let build: (tasks: Epoch["tasks"], batches: Epoch["batches"]) => Epoch;
beforeAll(async () => {
  world = await World.open();
  const dealId = await world.openDeal();
  const deals = new Map([[dealId, (await world.contracts.dealTerms(dealId))!]]);
  build = (tasks, batches) => buildEpoch({ previous: new Map(), deals, tasks, batches });
  const parts = ["ann", "bob", "cy"].map((worker, i) => ({ worker, digest: i < 2 ? "right" : "wrong" }));
  epoch = build(world.certify(dealId, { 3: parts, 0: parts.slice(0, 2), 7: parts }), []);
});
afterAll(() => world.close());

/** Numbers of every length that MessagePack has, and lists of both. */
function manyTasks(): EpochData {
  const batches = [0, 127, 128, 255, 256, 2 ** 16 - 1, 2 ** 16, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map(
    (sequence) => ({ ...epoch.batches[0]!, sequence, count: sequence % 2 ** 32 }),
  );
  const [{ contributions, ...task }] = epoch.tasks as [Epoch["tasks"][0]];
  const tasks = Array.from({ length: 300 }, (_, i) => ({
    ...{ ...task, index: i },
    contributions: Array.from({ length: i % 17 }, (_, j) => {
      const { worker, ...batch } = batches[(i + j) % batches.length]!;
      return { ...contributions[0]!, worker, score: i, position: j, path: Array(i % 20).fill(named("sibling")), batch };
    }),
  }));
  return { tasks, batches };
}

describe("the data of an epoch", () => {
  it("is enough to build all its trees again", () => {
    const { tasks, batches } = decodeEpochData(epoch.data);
    expect(build(tasks, batches).roots).toEqual(epoch.roots);
  });

  it("is the same whatever the order its tasks came in", () => {
    expect(build([...epoch.tasks].reverse(), [...epoch.batches].reverse()).data).toEqual(epoch.data);
  });

  it("is written as msgpackr writes the same values", () => {
    const packr = new Packr({ useRecords: false });
    const { tasks, batches } = manyTasks();
    const places = new Map(batches.map(({ worker, sequence }, place) => [`${worker} ${sequence}`, place]));
    const expected = packr.pack([
      1,
      batches.map((b) => [fromHex(b.worker), b.sequence, fromHex(b.root), b.count, fromHex(b.signature)]),
      tasks.map(({ contributions, ...task }) => [
        ...[fromHex(task.dealId), task.index, fromHex(task.nonce), fromHex(task.digest)],
        contributions.map((c) => [
          ...[places.get(`${c.worker} ${c.batch.sequence}`), c.agrees, fromHex(c.digest), fromHex(c.salt)],
          ...[c.score, c.position, c.path.map(fromHex)],
        ]),
      ]),
    ]);
    expect(Buffer.compare(encodeEpochData({ tasks, batches }), expected)).toBe(0);
  });

  it("is refused when malformed, whatever it is", () => {
    const packr = new Packr({ useRecords: false });
    const isNotEmpty = fc.anything().filter((value) => !(Array.isArray(value) && value.length === 0));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeEpochData(bytes)).toThrow();
      }),
    );
    fc.assert(
      fc.property(isNotEmpty, (value) => {
        expect(() => decodeEpochData(packr.pack([1, [], value]))).toThrow();
      }),
      { examples: [[{}], [[[]]], [null]] },
    );
    for (let cut = 0; cut < epoch.data.length; cut += 7)
      expect(() => decodeEpochData(epoch.data.subarray(0, cut))).toThrow();
  });

  it("never makes an epoch of tasks that would cost the bond", () => {
    const [task] = epoch.tasks;
    const [first, second] = task!.contributions;
    const wrong: [string, Epoch["tasks"]][] = [
      ["is there twice", [task!, task!]],
      ["has one worker twice", [{ ...task!, contributions: [first!, first!] }]],
      ["is not in its deal", [{ ...task!, index: 10 }]],
      ["is not in its deal", [{ ...task!, dealId: named("another deal") }]],
      ["has no contribution that agrees", [{ ...task!, contributions: [{ ...first!, agrees: false }] }]],
      ["outside its batch", [{ ...task!, contributions: [{ ...first!, position: 64 }, second!] }]],
    ];
    for (const [reason, tasks] of wrong) expect(() => build(tasks, [])).toThrow(reason);
  });
});

describe("an epoch's hash", () => {
  it("is the contract's", async () => {
    const header: EpochHeader = {
      pool: world.address("pool"),
      number: 5,
      postedAt: 1_800_000_123,
      valueWei: epoch.valueWei,
      dealsHash: dealsHash(epoch.deals),
      previous: epoch.roots.ledger,
      roots: epoch.roots,
    };
    expect(await world.contract("epochs").getFunction("hashOf")(headerToAbi(header))).toBe(epochHash(header));
    expect(dealsToAbi(epoch.deals)).toHaveLength(1);
  });
});

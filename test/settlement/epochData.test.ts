import fc from "fast-check";
import { Packr } from "msgpackr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dealsHash, type EpochHeader, epochHash } from "../../protocol/epoch.ts";
import { buildEpoch, type Epoch } from "../../protocol/epochBuild.ts";
import { decodeEpochData } from "../../protocol/epochData.ts";
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

describe("the data of an epoch", () => {
  it("is enough to build all its trees again", () => {
    const { tasks, batches } = decodeEpochData(epoch.data);
    expect(build(tasks, batches).roots).toEqual(epoch.roots);
  });

  it("is the same whatever the order its tasks came in", () => {
    expect(build([...epoch.tasks].reverse(), [...epoch.batches].reverse()).data).toEqual(epoch.data);
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

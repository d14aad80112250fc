import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkEpoch, checkTask, type EpochEvidence, Settlement } from "../../client/index.ts";
import type { SettledTask } from "../../protocol/epoch.ts";
import { decodeEpochData, encodeEpochData } from "../../protocol/epochData.ts";
import type { Address, Bytes32, Hex } from "../../protocol/ids.ts";
import type { Check } from "../../protocol/receipt.ts";
import { ECT, named, type Part, World } from "../settlement/world.ts";

const honest = (...workers: string[]): Part[] => workers.map((worker) => ({ worker, digest: "right" }));

let world: World;
let settlement: Settlement;
let pool: Address;
const epochs: { evidence: EpochEvidence; hash: Hex }[] = [];

beforeAll(async () => {
  world = await World.open();
  pool = world.address("pool");
  const { chainId, hub, epochs: contract } = world.addresses;
  settlement = new Settlement({ chainId, hub, epochs: contract }, world.provider);
  const dealId = await world.openDeal({ tasks: 10 });
  const certified: SettledTask[] = [];
  const settler = world.settler({ tasks: () => certified });
  await settler.openPool(1000, 1000n * ECT);
  const rounds: Record<number, Part[]>[] = [
    { 0: honest("ann", "bob"), 3: [...honest("bob", "cy"), { worker: "liar", digest: "wrong" }] },
    { 1: honest("ann", "cy"), 7: honest("bob", "dan") },
  ];
  for (const parts of rounds) {
    certified.push(...world.certify(dealId, parts));
    const report = (await settler.settle())!;
    const posted = await settlement.epoch(pool, report.number);
    const deals = new Map([[dealId, await settlement.deal(dealId)]]);
    const { hash } = await settlement.epochState(pool, report.number);
    epochs.push({ evidence: { posted, data: settler.data(report.number)!, deals }, hash });
  }
});
afterAll(() => world.close());

const wrong = (checks: readonly Check[]) => checks.filter(({ ok }) => !ok).map(({ claim }) => claim);
const later = () => epochs[1]!;

describe("an epoch checked from its published data", () => {
  it("holds in every claim, with the ledger it builds on", () => {
    const [first, second] = epochs;
    expect(wrong(checkEpoch(first!.evidence, first!.hash, []).checks)).toEqual([]);
    const { checks, epoch } = checkEpoch(second!.evidence, second!.hash, [first!.evidence]);
    expect(wrong(checks)).toEqual([]);
    expect(checks).toHaveLength(14);
    for (const position of epoch!.tasks.keys())
      expect(wrong(checkTask(second!.evidence, epoch!, position, world.addresses))).toEqual([]);
  });

  it("is found by a hint of its transaction as well as by a search, and by nothing that is not it", async () => {
    const { posted } = later().evidence;
    expect(await settlement.epoch(pool, 1, posted.transaction)).toEqual(posted);
    expect(await settlement.epoch(pool, 1, epochs[0]!.evidence.posted.transaction)).toEqual(posted);
    expect(await settlement.epoch(pool, 1, named("no transaction"))).toEqual(posted);
    await expect(settlement.epoch(pool, 2)).rejects.toThrow("has posted no epoch 2");
  });

  it("does not hold against another hash, or another summary", () => {
    const { evidence, hash } = later();
    expect(wrong(checkEpoch(evidence, named("another"), undefined).checks)).toEqual([
      "the epoch as posted has the hash that the chain keeps",
    ]);
    const [deal] = evidence.posted.deals;
    const posted = { ...evidence.posted, deals: [{ ...deal!, poolWei: deal!.poolWei + 1n }] };
    expect(wrong(checkEpoch({ ...evidence, posted }, hash, undefined).checks)).toEqual([
      "its deal summaries are those it was posted with",
      "each deal is charged what its tasks cost",
    ]);
  });

  it("does not hold without the epochs before it, or with others", () => {
    const { evidence, hash } = later();
    expect(wrong(checkEpoch(evidence, hash, []).checks)).toEqual([
      "it builds on the ledger that they end with",
      "the ledger it posted is that ledger with its own rewards added",
    ]);
    expect(wrong(checkEpoch(evidence, hash, [evidence]).checks)).toContain(
      "the earlier epochs follow from what was published of them",
    );
  });

  it("does not hold once any byte of its data has been changed, whatever its hash is said to be", () => {
    const { evidence, hash } = later();
    fc.assert(
      fc.property(fc.nat(evidence.data.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const data = Uint8Array.from(evidence.data);
        data[at]! ^= change;
        expect(wrong(checkEpoch({ ...evidence, data }, hash, undefined).checks)).toContain(
          "the published data is what the chain names by its hash",
        );
      }),
    );
  });

  it("does not hold when a pool publishes other work than it posted", () => {
    const { evidence, hash } = later();
    const decoded = decodeEpochData(evidence.data);
    const [task, ...rest] = decoded.tasks;
    const [first, ...others] = task!.contributions;
    const change = (tasks: SettledTask[]) =>
      wrong(
        checkEpoch({ ...evidence, data: encodeEpochData({ ...decoded, tasks }) }, hash, [epochs[0]!.evidence]).checks,
      );
    expect(change(rest)).toContain("the tasks make the root that was posted");
    expect(change([task!, task!, ...rest])).toContain("no task is in it twice, and none beyond what its deal pays for");
    expect(change([{ ...task!, index: 10 }, ...rest])).toContain(
      "no task is in it twice, and none beyond what its deal pays for",
    );
    expect(change([{ ...task!, index: 3 }, ...rest])).toContain("no task of it was settled by an earlier epoch");
    expect(change([{ ...task!, dealId: named("nobody's") as Bytes32 }, ...rest])).toContain(
      "the published data can be read",
    );
    const higher = { ...task!, contributions: [{ ...first!, score: 300 }, ...others] };
    expect(change([higher, ...rest])).toContain("the rewards make the root that was posted");
  });
});

describe("a task of an epoch", () => {
  it("does not hold with a salt, a signature, a signer or a deal that is not its own", () => {
    const { evidence, hash } = later();
    const { epoch } = checkEpoch(evidence, hash, undefined);
    const task = epoch!.tasks[0]!;
    const [first, ...others] = task.contributions;
    const found = (changed: SettledTask, chainId = world.addresses.chainId) =>
      wrong(
        checkTask(evidence, { ...epoch!, tasks: [changed, ...epoch!.tasks.slice(1)] }, 0, {
          ...world.addresses,
          chainId,
        }),
      );
    const who = first!.worker.slice(0, 10);
    expect(found({ ...task, contributions: [{ ...first!, salt: named("salt") }, ...others] })[0]).toContain(
      `${who}: digest and salt open a commitment`,
    );
    expect(found(task, 1)).toContain(`${who}: the batch is signed by the worker`);
    expect(found({ ...task, contributions: [first!, first!] })).toContain("every contribution is by another worker");
    expect(found({ ...task, contributions: [first!] })).toEqual(["at least 2 contributions agree"]);
  });
});

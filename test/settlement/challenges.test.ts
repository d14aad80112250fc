import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DealSummary } from "../../protocol/epoch.ts";
import type { Epoch, RewardEntry } from "../../protocol/epochBuild.ts";
import type { Bytes32 } from "../../protocol/ids.ts";
import { dealsToAbi, rangeToAbi } from "../../relay/settlement/abi.ts";
import { Court, honest, ledgerAfter, SALT, withLedger, withRewards } from "./court.ts";
import * as proofs from "./proofs.ts";
import { ECT, named, World } from "./world.ts";

const BOND_WEI = 1000n * ECT;
let world: World;
let court: Court;
let dealId: Bytes32;
beforeEach(async () => {
  world = await World.open();
  court = new Court(world);
  await world.settler().openPool(1000, BOND_WEI);
  dealId = await world.openDeal({ tasks: 10 });
});
afterEach(() => world.close());

const assemble = (...args: Parameters<Court["assemble"]>) => court.assemble(...args);
const post = (epoch: Epoch) => court.post(epoch);
const lock = (...args: Parameters<Court["lock"]>) => court.lock(...args);
const twoBlocks = () => court.twoBlocks();
const challenge = (...args: Parameters<Court["challenge"]>) => court.challenge(...args);
const stateOf = (posted: proofs.Posted) => court.stateOf(posted);
const expectExposed = (posted: proofs.Posted, run: Promise<number>) => court.expectExposed(posted, run);
const expectNoFault = (posted: proofs.Posted, run: Promise<number>) => court.expectNoFault(posted, run);

const threeTasks = () =>
  world.certify(dealId, { 0: honest("ann", "bob"), 1: honest("bob", "cy"), 4: honest("cy", "ann") });

describe("a forged contribution", () => {
  const show = (posted: proofs.Posted, which = 0) =>
    challenge(posted, "ForgedContribution", "challengeContribution", [
      proofs.taskProof(posted, 0),
      proofs.contributionProof(posted, 0, which),
      proofs.batchProof(posted, 0, which),
    ]);

  it("costs the bond if the signature is another's", async () => {
    const [task] = world.certify(dealId, { 0: honest("ann", "bob") });
    const [ann, bob] = task!.contributions;
    ann!.batch = { ...ann!.batch, signature: bob!.batch.signature };
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted));
  });

  it("costs the bond if the commitment opens to another digest", async () => {
    const [task] = world.certify(dealId, { 0: [{ worker: "ann", digest: "wrong" }, ...honest("bob")] });
    task!.digest = named("digest right");
    for (const c of task!.contributions) Object.assign(c, { digest: task!.digest, agrees: true });
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted));
  });

  it("costs the bond if the commitment is elsewhere in its batch", async () => {
    const tasks = world.certify(dealId, { 0: honest("ann", "bob"), 1: honest("ann", "bob") });
    tasks[0]!.contributions[0]!.position = 1;
    const posted = await post(await assemble(tasks));
    await expectExposed(posted, show(posted));
  });

  it("costs the bond if it is said to agree against its digest, or not to", async () => {
    const [task] = world.certify(dealId, {
      0: [...honest("ann", "bob"), { worker: "liar", digest: "wrong", agrees: true }],
    });
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted, 2));
    const [other] = world.certify(dealId, {
      1: [...honest("ann", "bob"), { worker: "cy", digest: "right", agrees: false }],
    });
    const again = await post(await assemble([other!]));
    await expectExposed(again, show(again, 2));
  });

  it("is no charge against an honest pool", async () => {
    const posted = await post(await assemble(threeTasks()));
    await expectNoFault(posted, show(posted, 0));
    const [comparator] = world.certify(await world.openDeal({ law: "pool" }), {
      0: [
        { worker: "ann", digest: "1.00" },
        { worker: "bob", digest: "1.01", agrees: true },
        { worker: "liar", digest: "7" },
      ],
    });
    const second = await post(await assemble([comparator!], ledgerAfter(posted)));
    await expectNoFault(second, show(second, 1));
    await expectNoFault(second, show(second, 2));
  });
});

describe("a task that its contributions do not certify", () => {
  const show = (posted: proofs.Posted) =>
    challenge(posted, "UnprovenTask", "challengeTask", [proofs.taskProof(posted, 0), proofs.contributions(posted, 0)]);

  it("costs the bond if one worker stands in it twice", async () => {
    const [task] = world.certify(dealId, { 0: honest("ann") });
    task!.contributions.push(task!.contributions[0]!);
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted));
  });

  it("costs the bond if fewer agree than the deal's replicas", async () => {
    const [task] = world.certify(dealId, { 0: [...honest("ann"), { worker: "bob", digest: "other" }] });
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted));
  });

  it("costs the bond if a minority is believed under law pool", async () => {
    const deal = await world.openDeal({ law: "pool", replicas: 2 });
    const [task] = world.certify(deal, {
      0: [...honest("ann", "bob"), { worker: "cy", digest: "7" }, { worker: "liar", digest: "8" }],
    });
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted));
  });

  it("costs the bond if the deal's trust is not reached", async () => {
    const strict = await world.openDeal({ trust: 1000 });
    const [task] = world.certify(strict, { 0: honest("ann", "bob") });
    const posted = await post(await assemble([task!]));
    await expectExposed(posted, show(posted));
  });

  it("is no charge against an honest pool", async () => {
    const posted = await post(await assemble(threeTasks()));
    await expectNoFault(posted, show(posted));
  });
});

describe("a task settled twice", () => {
  const order = (posted: proofs.Posted) =>
    challenge(posted, "UnsortedTasks", "challengeOrder", [proofs.taskProof(posted, 0), proofs.taskProof(posted, 1)]);

  it("costs the bond if it is twice in one epoch", async () => {
    const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
    const posted = await post(await assemble([...tasks, ...tasks]));
    await expectExposed(posted, order(posted));
  });

  it.each([{ final: false }, { final: true }])(
    "costs the bond if an earlier epoch has it (final: $final)",
    async ({ final }) => {
      const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
      const first = await post(await assemble(tasks));
      if (final) {
        world.pass(60);
        await world.send("stranger", "epochs", "finalise", proofs.headerOf(first), dealsToAbi(first.epoch.deals));
      }
      const second = await post(await assemble(tasks, ledgerAfter(first)));
      const args = [proofs.taskProof(second, 0), proofs.headerOf(first), proofs.taskProof(first, 0)];
      await expectExposed(second, challenge(second, "SettledTwice", "challengeSettledTwice", args));
      expect(await stateOf(first)).toBe(final ? "final" : "pending");
    },
  );

  it("is no charge against an honest pool", async () => {
    const posted = await post(await assemble(threeTasks()));
    await expectNoFault(posted, order(posted));
    const ledger = ledgerAfter(posted);
    const next = await post(await assemble(world.certify(dealId, { 2: honest("ann", "bob") }), ledger));
    const args = [proofs.taskProof(next, 0), proofs.headerOf(posted), proofs.taskProof(posted, 0)];
    await expectNoFault(next, challenge(next, "SettledTwice", "challengeSettledTwice", args));
    // Nor is the first guilty of what the second repeats.
    const turned = [proofs.taskProof(posted, 0), proofs.headerOf(posted), proofs.taskProof(posted, 0)];
    await expectNoFault(posted, challenge(posted, "SettledTwice", "challengeSettledTwice", turned));
  });
});

describe("a task out of its place", () => {
  const show = (posted: proofs.Posted, position: number) =>
    challenge(
      posted,
      "MisplacedTask",
      "challengePlace",
      [dealsToAbi(posted.epoch.deals), proofs.taskProof(posted, position)],
      position,
    );

  it("costs the bond if it is beyond its deal's volume", async () => {
    const posted = await post(await assemble(world.certify(dealId, { 10: honest("ann", "bob") })));
    await expectExposed(posted, show(posted, 0));
  });

  it("costs the bond if it is charged to another deal", async () => {
    const other = await world.openDeal({ tasks: 10 }, "pool", "stranger");
    const tasks = [dealId, other].flatMap((id) => world.certify(id, { 0: honest("ann", "bob") }));
    const epoch = await assemble(tasks);
    const [first, second] = epoch.deals as [DealSummary, DealSummary];
    const victim: DealSummary = {
      dealId: first.dealId,
      tasks: 2,
      workersWei: first.workersWei + second.workersWei,
      poolWei: first.poolWei + second.poolWei,
      burnedWei: first.burnedWei + second.burnedWei,
    };
    const posted = await post({ ...epoch, deals: [victim] });
    await expectExposed(posted, show(posted, 1));
  });

  it("is no charge against an honest pool", async () => {
    const other = await world.openDeal({ tasks: 10 }, "pool", "stranger");
    const tasks = [dealId, other].flatMap((id) =>
      world.certify(id, { 0: honest("ann", "bob"), 9: honest("ann", "cy") }),
    );
    const posted = await post(await assemble(tasks));
    for (const position of [0, 1, 2, 3]) await expectNoFault(posted, show(posted, position));
  });
});

describe("a wrong reward", () => {
  const show = (posted: proofs.Posted, worker: string) =>
    challenge(posted, "WrongReward", "challengeReward", [
      proofs.taskProof(posted, 0),
      proofs.contributions(posted, 0),
      world.address(worker),
      proofs.allRewards(posted),
    ]);
  const rewardOf = (entry: RewardEntry, rewardWei: bigint) => ({ ...entry, sum: { ...entry.sum, rewardWei } });

  it("costs the bond if it is too low, or too high", async () => {
    const epoch = await assemble(world.certify(dealId, { 0: honest("ann", "bob") }));
    const rewards = epoch.rewards.map((entry) =>
      rewardOf(entry, entry.worker === world.address("ann") ? 2n * entry.sum.rewardWei : 0n),
    );
    const posted = await post(withRewards(epoch, rewards));
    await expectExposed(posted, show(posted, "bob"));
    const again = await post(withRewards(epoch, rewards));
    await expectExposed(again, show(again, "ann"));
  });

  it("costs the bond if somebody else has it", async () => {
    const epoch = await assemble(world.certify(dealId, { 0: honest("ann", "bob") }));
    const rewards = epoch.rewards.map((entry) =>
      entry.worker === world.address("bob") ? { ...entry, worker: world.address("crony") } : entry,
    );
    const posted = await post(withRewards(epoch, rewards));
    await expectExposed(posted, show(posted, "bob"));
    const again = await post(withRewards(epoch, rewards));
    await expectExposed(again, show(again, "crony"));
  });

  it("costs the bond if it is for a task that is not there", async () => {
    const epoch = await assemble(world.certify(dealId, { 0: honest("ann", "bob") }));
    const phantom = { worker: world.address("ann"), task: 7, sum: { rewardWei: 0n, good: 1, bad: 0 } };
    const posted = await post(withRewards(epoch, [...epoch.rewards, phantom]));
    await expectExposed(posted, show(posted, "ann"));
  });

  it("costs the bond if what nobody else contributed to is said to earn a score, or a leaf says nothing", async () => {
    const single = await world.openDeal({ law: "pool", replicas: 1 });
    const epoch = await assemble(world.certify(single, { 0: honest("ann") }));
    const [own] = epoch.rewards as [RewardEntry];
    expect(own.sum).toEqual({ rewardWei: (ECT * 85n) / 100n, good: 0, bad: 0 });
    const honestly = await post(epoch);
    for (const worker of ["ann", "bob"]) await expectNoFault(honestly, show(honestly, worker));
    const tasks = world.certify(single, { 1: honest("ann") });
    const second = await assemble(tasks, ledgerAfter(honestly));
    const lie = withRewards(second, [{ ...second.rewards[0]!, sum: { ...own.sum, good: 1 } }], ledgerAfter(honestly));
    const posted = await post(lie);
    await expectExposed(posted, show(posted, "ann"));
    const third = await assemble(world.certify(dealId, { 0: honest("ann", "bob") }), ledgerAfter(honestly));
    const nothing = { worker: world.address("crony"), task: 0, sum: { rewardWei: 0n, good: 0, bad: 0 } };
    const padded = await post(withRewards(third, [...third.rewards, nothing], ledgerAfter(honestly)));
    await expectExposed(padded, show(padded, "crony"));
  });

  it("is no charge against an honest pool, nor is the reward of one who did nothing", async () => {
    const posted = await post(await assemble(threeTasks()));
    for (const worker of ["ann", "bob", "nobody"]) await expectNoFault(posted, show(posted, worker));
  });

  it("costs the bond if what app and dataset cost is paid to the workers too, and only then", async () => {
    const price = { appWei: ECT / 4n, datasetWei: ECT / 8n };
    const owners = { appOwner: world.address("author"), datasetOwner: world.address("curator") };
    const priced = await world.openDeal({ tasks: 2, ...price, ...owners });
    const epoch = await assemble(world.certify(priced, { 0: honest("ann", "bob") }));
    const [first, second] = epoch.rewards as [RewardEntry, RewardEntry];
    const rewards = [
      rewardOf(first, first.sum.rewardWei + price.appWei),
      rewardOf(second, second.sum.rewardWei - price.appWei),
    ];
    const posted = await post(withRewards(epoch, rewards));
    await expectExposed(posted, show(posted, "bob"));

    const honestly = await post(epoch);
    for (const worker of ["ann", "bob", "author"]) await expectNoFault(honestly, show(honestly, worker));
  });

  it("is not shown by leaves that leave out where the reward would be", async () => {
    const posted = await post(await assemble(threeTasks()));
    const place = posted.epoch.rewards.findIndex(({ worker, task }) => worker === world.address("ann") && task === 0);
    const elsewhere = place < 3 ? 4 : 0;
    const args = [
      proofs.taskProof(posted, 0),
      proofs.contributions(posted, 0),
      world.address("ann"),
      rangeToAbi(posted.epoch.trees.rewards, posted.epoch.rewards, elsewhere, 1),
    ];
    expect(await world.revertOf(challenge(posted, "WrongReward", "challengeReward", args))).toBe("Incomplete");
  });
});

describe("a wrong ledger", () => {
  const show = (posted: proofs.Posted, worker: string) =>
    challenge(
      posted,
      "WrongLedger",
      "challengeLedger",
      [world.address(worker), proofs.allRewards(posted), proofs.allLedger(posted), proofs.allPrevious(posted)],
      BigInt(world.address(worker)),
    );

  it("costs the bond if a worker is short", async () => {
    const epoch = await assemble(threeTasks());
    const ledger = epoch.ledger.map(({ worker, sum }) => ({
      worker,
      sum: {
        ...sum,
        rewardWei: sum.rewardWei + (worker === world.address("ann") ? -5n : worker === world.address("bob") ? 5n : 0n),
      },
    }));
    const posted = await post(withLedger(epoch, ledger));
    await expectExposed(posted, show(posted, "ann"));
  });

  it("costs the bond if somebody is in it who earned nothing", async () => {
    const epoch = await assemble(world.certify(dealId, { 0: honest("ann", "bob") }));
    const ledger = epoch.ledger.map(({ worker, sum }) => ({
      worker: worker === world.address("bob") ? world.address("crony") : worker,
      sum,
    }));
    const posted = await post(
      withLedger(
        epoch,
        ledger.sort((a, b) => (a.worker < b.worker ? -1 : 1)),
      ),
    );
    await expectExposed(posted, show(posted, "crony"));
  });

  it("is no charge against an honest pool that leaves a liar's reward out", async () => {
    const first = await post(await assemble(threeTasks()));
    const lie = { worker: "liar", digest: "wrong" };
    const tasks = world.certify(dealId, {
      5: [...honest("ann", "bob"), lie],
      6: [...honest("ann", "bob"), lie],
      7: honest("ann", "liar"),
    });
    const second = await post(await assemble(tasks, ledgerAfter(first)));
    expect(second.epoch.forfeited).toEqual(new Set([world.address("liar")]));
    for (const worker of ["ann", "bob", "cy", "liar", "nobody"]) await expectNoFault(second, show(second, worker));
  });

  it("is no charge against an honest pool of a worker whom its contributions alone spare", async () => {
    const single = await world.openDeal({ law: "pool", replicas: 1, tasks: 100 });
    const alone = world.certify(single, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, honest("liar")])));
    const lie = { worker: "liar", digest: "wrong" };
    const wrong = world.certify(dealId, { 5: [...honest("ann", "bob"), lie], 6: [...honest("ann", "bob"), lie] });
    const posted = await post(await assemble([...alone, ...wrong]));
    expect(posted.epoch.forfeited).toEqual(new Set());
    await expectNoFault(posted, show(posted, "liar"));
    const stricter = await assemble([...alone.slice(1), ...wrong], ledgerAfter(posted));
    expect(stricter.forfeited).toEqual(new Set([world.address("liar")]));
  });

  it("is shown by the worker's own leaves and their neighbours alone", async () => {
    const posted = await post(await assemble(threeTasks()));
    const { epoch } = posted;
    const bob = world.address("bob");
    const rewards = proofs.around(epoch.rewards, bob);
    const ledger = proofs.around(epoch.ledger, bob);
    const args = (from: number) => [
      bob,
      rangeToAbi(epoch.trees.rewards, epoch.rewards, rewards.first, rewards.length),
      rangeToAbi(epoch.trees.ledger, epoch.ledger, ledger.first + from, ledger.length - from),
      proofs.allPrevious(posted),
    ];
    await expectNoFault(posted, challenge(posted, "WrongLedger", "challengeLedger", args(0), BigInt(bob)));
    const isFirst = ledger.first === 0;
    if (!isFirst) {
      const cut = challenge(posted, "WrongLedger", "challengeLedger", args(2), BigInt(bob));
      expect(await world.revertOf(cut)).not.toBe("nothing");
    }
  });
});

describe("a challenge", () => {
  const twice = async () => {
    const tasks = world.certify(dealId, { 0: honest("ann", "bob") });
    return post(await assemble([...tasks, ...tasks]));
  };
  const show = (posted: proofs.Posted, as: string) =>
    world.send(
      as,
      "challenges",
      "challengeOrder",
      proofs.headerOf(posted),
      proofs.taskProof(posted, 0),
      proofs.taskProof(posted, 1),
      SALT,
    );

  it("is heard only from whoever locked it two blocks before", async () => {
    const posted = await twice();
    expect(await world.revertOf(show(posted, "challenger"))).toBe("NotLocked");
    await lock(posted, "UnsortedTasks", 0);
    expect(await world.revertOf(show(posted, "challenger"))).toBe("LockTooYoung");
    await twoBlocks();
    expect(await world.revertOf(show(posted, "pool"))).toBe("NotLocked");
    await expectExposed(posted, show(posted, "challenger"));
  });

  it("is not heard of a final epoch", async () => {
    const posted = await post(await assemble(threeTasks()));
    world.pass(60);
    await world.send("stranger", "epochs", "finalise", proofs.headerOf(posted), dealsToAbi(posted.epoch.deals));
    const args = [proofs.taskProof(posted, 0), proofs.taskProof(posted, 1)];
    expect(await world.revertOf(challenge(posted, "UnsortedTasks", "challengeOrder", args))).toBe("NotPending");
  });

  it("that is won voids what builds on the lie; released, the work can be posted again, and is paid", async () => {
    const tasks = world.certify(dealId, { 0: honest("ann", "bob"), 1: honest("cy", "ann") });
    const lie = await post(await assemble([tasks[0]!, tasks[0]!]));
    const ledger = ledgerAfter(lie);
    const onTop = await post(await assemble([tasks[1]!], ledger));
    const bondBefore = (await world.contracts.pool(world.address("pool"))).bondWei;
    await lock(lie, "UnsortedTasks", 0);
    await twoBlocks();
    await show(lie, "challenger");
    expect(await stateOf(onTop)).toBe("voided");
    // Only the lie itself is slashed.
    expect((await world.contracts.pool(world.address("pool"))).bondWei).toBe(bondBefore - 2n * lie.epoch.valueWei);

    world.pass(60);
    const finalise = (posted: proofs.Posted) =>
      world.send("pool", "epochs", "finalise", proofs.headerOf(posted), dealsToAbi(posted.epoch.deals));
    expect(await world.revertOf(finalise(onTop))).toBe("EpochUnknown");
    expect((await world.contracts.dealTerms(dealId))?.pendingTasks).toBe(3);
    for (const posted of [lie, onTop])
      await world.send("stranger", "epochs", "release", proofs.headerOf(posted), dealsToAbi(posted.epoch.deals));
    expect((await world.contracts.dealTerms(dealId))?.pendingTasks).toBe(0);
    expect(
      await world.revertOf(
        world.send("stranger", "epochs", "release", proofs.headerOf(lie), dealsToAbi(lie.epoch.deals)),
      ),
    ).toBe("EpochUnknown");

    const honestly = await post(await assemble(tasks));
    world.pass(60);
    await finalise(honestly);
    expect((await world.contracts.dealTerms(dealId))?.settledTasks).toBe(2);
    expect((await world.contracts.pool(world.address("pool"))).pendingWei).toBe(0n);
  });
});

describe("an epoch that does not add up", () => {
  it("is refused when it is posted", async () => {
    const epoch = await assemble(threeTasks());
    const [deal] = epoch.deals as [DealSummary];
    const ledgerSum = (delta: bigint): Epoch => ({
      ...epoch,
      roots: {
        ...epoch.roots,
        ledger: {
          ...epoch.roots.ledger,
          sum: { ...epoch.roots.ledger.sum, rewardWei: epoch.roots.ledger.sum.rewardWei + delta },
        },
      },
    });
    const summary = (change: Partial<DealSummary>): Epoch => ({ ...epoch, deals: [{ ...deal, ...change }] });
    const cases: [string, Epoch][] = [
      ["SumWrong", ledgerSum(1n)],
      ["SummaryUnbalanced", summary({ workersWei: deal.workersWei + 1n })],
      ["SummaryFeeWrong", summary({ workersWei: deal.workersWei - ECT, poolWei: deal.poolWei + ECT })],
      ["SummaryBurnTooLow", summary({ workersWei: deal.workersWei + 1n, burnedWei: deal.burnedWei - 1n })],
      ["SumWrong", summary({ workersWei: deal.workersWei - 1n, burnedWei: deal.burnedWei + 1n })],
      ["CountWrong", { ...epoch, roots: { ...epoch.roots, tasks: { ...epoch.roots.tasks, count: 4 } } }],
      [
        "CountWrong",
        withRewards(
          epoch,
          epoch.rewards.map((entry) => ({ ...entry, sum: { ...entry.sum, good: 2 } })),
        ),
      ],
      ["LedgerBroken", { ...epoch, previous: epoch.roots.ledger }],
      ["NothingToPost", { ...epoch, deals: [] }],
      [
        "SummariesUnsorted",
        { ...epoch, deals: [deal, deal], roots: { ...epoch.roots, tasks: { ...epoch.roots.tasks, count: 6 } } },
      ],
    ];
    for (const [error, lie] of cases) expect([error, await world.revertOf(post(lie))]).toEqual([error, error]);
    expect(await world.revertOf(post(epoch))).toBe("nothing");
  });
});

describe("a lie with epochs after it that the pool voids itself", () => {
  it("is not buried: at most 64 epochs stand from the oldest pending one on", async () => {
    const lie = (deal: Bytes32, index: number) =>
      world.certify(deal, { [index]: [...honest("ann"), { worker: "bob", digest: "other" }] });
    const deal = await world.openDeal({ tasks: 64 });
    const first = await post(await assemble(lie(dealId, 0)));
    for (let index = 0; index < 63; index++) {
      const later = await post(await assemble(lie(deal, index), ledgerAfter(first)));
      const proof = [proofs.taskProof(later, 0), proofs.contributions(later, 0)];
      await challenge(later, "UnprovenTask", "challengeTask", proof);
    }
    const refused = assemble(lie(deal, 63), ledgerAfter(first)).then(post);
    expect(await world.revertOf(refused)).toBe("TooManyPending");
  });
});

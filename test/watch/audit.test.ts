// Every field of every leaf of an honest epoch is falsified in turn, and what the auditor makes of it is taken to the real
// contracts: whatever can be posted is found, proved, and costs the bond.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dealsHash, epochHash } from "../../protocol/epoch.ts";
import { type Bytes32, toAddress } from "../../protocol/ids.ts";
import { auditEpoch, type EarlierEpoch, type Fault } from "../../relay/watch/audit.ts";
import { Challenger } from "../../relay/watch/challenger.ts";
import type { EpochLeaves } from "../../relay/watch/leaves.ts";
import { evidenceOf } from "../../relay/watch/leaves.ts";
import { challengeOf, type EarlierEvidence } from "../../relay/watch/proofs.ts";
import { ECT, named, walletOf } from "../settlement/world.ts";
import { following, type Lie, LyingPool, summarise, withLedger } from "./lyingPool.ts";

type Name = Fault["fault"];

let pool: LyingPool;
let challenger: Challenger;
let bondWei: bigint;

beforeAll(async () => {
  pool = await LyingPool.open();
  challenger = new Challenger({
    wallet: walletOf("challenger"),
    provider: pool.world.provider,
    challenges: pool.chain.challenges,
    wait: async () => {},
    now: () => 0,
    idleMs: Number.POSITIVE_INFINITY,
  });
  bondWei = (await account()).bondWei;
});
afterAll(() => pool.world.close());

const account = () => pool.world.contracts.pool(pool.world.address("pool"));
const audit = ({ posting, evidence, terms }: Lie, earlier: EarlierEpoch[] = []): Fault | undefined =>
  auditEpoch({ ...posting, terms }, evidence, earlier, pool.world.domain);

const noEarlier = (): EarlierEvidence => {
  throw new Error("no earlier epoch was expected to be asked for");
};

/** The fault is found, the contract believes its proof, and the bond is slashed by twice the epoch's value. */
async function expectSlashed(lie: Lie, name: Name, earlier: EarlierEpoch[] = [], evidence = noEarlier) {
  const fault = audit(lie, earlier);
  expect(fault?.fault, fault?.why).toBe(name);
  if (!fault || fault.fault === "Withheld") throw new Error("nothing to prove");
  const call = challengeOf(lie.posting, lie.evidence, fault, evidence);
  const { hash } = lie.posting;
  expect(await challenger.advance(call, hash)).toEqual({ step: "locked" });
  await pool.world.chain.mine();
  await pool.world.chain.mine();
  expect(await challenger.advance(call, hash)).toEqual({ step: "proved" });
  expect(await pool.chain.stateOf(lie.posting)).toBe("voided");
  bondWei -= 2n * lie.posting.header.valueWei;
  expect((await account()).bondWei).toBe(bondWei);
  expect(await challenger.advance(call, hash)).toEqual({ step: "gone" });
}

const clone = (leaves: EpochLeaves): EpochLeaves => structuredClone(leaves);
const flip = (hash: Bytes32): Bytes32 => `${hash.slice(0, -1)}${hash.endsWith("0") ? "1" : "0"}` as Bytes32;
const stranger = toAddress(walletOf("stranger").address);

describe("an honest epoch", () => {
  it("has no fault, alone or on another, with wrong contributions, forfeits and several deals in it", async () => {
    const right = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));
    const wrong = [...right, { worker: "liar", digest: "wrong" }];
    const leaves = await pool.honest({ 20: right, 21: wrong, 22: wrong }, { 3: right, 5: wrong });
    const lie = await pool.post(leaves);
    expect(audit(lie)).toBeUndefined();
    expect(leaves.rewards.some(({ sum }) => sum.bad > 0)).toBe(true);
    pool.world.pass(60);
    await pool.finalise(lie);
  });

  it("reads the same from the chain as it was posted", async () => {
    const [posting] = await pool.chain.postedIn(0, await pool.world.provider.getBlockNumber());
    expect(posting?.header.number).toBe(0);
    expect(epochHash(posting!.header)).toBe(posting!.hash);
    expect(dealsHash(posting!.deals)).toBe(posting!.header.dealsHash);
  });
});

/** A contribution's, task's or batch's field is changed, and all that follows from it is as an honest pool would have it. */
const CONTENT: Record<string, [Name, (leaves: EpochLeaves) => void, "pays as before"?]> = {
  "a contribution of another worker": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[0]!.worker = stranger;
    },
  ],
  "a contribution said not to agree": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[0]!.agrees = false;
    },
  ],
  "a wrong contribution said to agree": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[1]!.contributions[2]!.agrees = true;
    },
  ],
  "another digest of a contribution": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[1]!.contributions[2]!.digest = named("a third digest");
    },
  ],
  "another salt": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[1]!.salt = named("another salt");
    },
  ],
  "another of the batches": [
    "ForgedContribution",
    ({ tasks }) => {
      const [first, second] = tasks[0]!.contributions;
      first!.batch = second!.batch;
    },
  ],
  "a batch that is not there": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[0]!.batch = 99;
    },
  ],
  "another place in the batch": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[0]!.position = 1;
    },
  ],
  "a place beyond the batch": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[0]!.position = 200;
    },
  ],
  "a wrong path into the batch": [
    "ForgedContribution",
    ({ tasks }) => {
      const contribution = tasks[0]!.contributions[0]!;
      contribution.path = contribution.path.map(flip);
    },
  ],
  "a path that is too short": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[0]!.contributions[0]!.path.pop();
    },
  ],
  "another nonce": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[2]!.nonce = named("another nonce");
    },
  ],
  "another digest of a task": [
    "UnprovenTask",
    ({ tasks }) => {
      tasks[2]!.digest = named("nobody's digest");
      for (const contribution of tasks[2]!.contributions) contribution.agrees = false;
    },
    "pays as before",
  ],
  "another digest of a task, and of who is said to agree": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[2]!.digest = named("nobody's digest");
      for (const contribution of tasks[2]!.contributions) contribution.digest = tasks[2]!.digest;
    },
  ],
  "a task under another index": [
    "ForgedContribution",
    ({ tasks }) => {
      tasks[1]!.index++;
    },
  ],
  "a task beyond the deal": [
    "MisplacedTask",
    ({ tasks }) => {
      tasks[2]!.index = 1000;
    },
  ],
  "a task twice": [
    "UnsortedTasks",
    ({ tasks }) => {
      tasks[1] = structuredClone(tasks[0]!);
    },
  ],
  "tasks out of order": [
    "UnsortedTasks",
    ({ tasks }) => {
      tasks.reverse();
    },
  ],
  "a worker twice in one task": [
    "UnprovenTask",
    ({ tasks }) => {
      tasks[2]!.contributions.push(structuredClone(tasks[2]!.contributions[0]!));
    },
  ],
  "fewer replicas than the deal asks for": [
    "UnprovenTask",
    ({ tasks }) => {
      tasks[2]!.contributions.pop();
    },
  ],
  "more contributions than the rule can weigh": [
    "UnprovenTask",
    ({ tasks }) => {
      const [first] = tasks[2]!.contributions;
      tasks[2]!.contributions.push(...Array.from({ length: 15 }, () => structuredClone(first!)));
    },
  ],
  "a batch of another worker": [
    "ForgedContribution",
    ({ batches }) => {
      batches[0]!.worker = stranger;
    },
  ],
  "another sequence of a batch": [
    "ForgedContribution",
    ({ batches }) => {
      batches[0]!.sequence += 100;
    },
  ],
  "another root of a batch": [
    "ForgedContribution",
    ({ batches }) => {
      batches[0]!.root = flip(batches[0]!.root);
    },
  ],
  "another count of a batch": [
    "ForgedContribution",
    ({ batches }) => {
      batches[0]!.count++;
    },
  ],
  "another's signature": [
    "ForgedContribution",
    ({ batches }) => {
      batches[0]!.signature = batches[1]!.signature;
    },
  ],
  "a signature that is none": [
    "ForgedContribution",
    ({ batches }) => {
      batches[0]!.signature = "0x1234" as EpochLeaves["batches"][number]["signature"];
    },
  ],
};

describe("a lie in tasks, contributions or batches", () => {
  it.each(Object.entries(CONTENT))("%s: is found and slashed", async (_, [name, falsify, pays]) => {
    const leaves = clone(await pool.honest());
    falsify(leaves);
    await expectSlashed(await pool.post(pays ? leaves : await following(pool, leaves)), name);
  });

  it("a task charged to another deal: is found and slashed", async () => {
    const right = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));
    const leaves = await pool.honest({ 30: right }, { 30: right });
    const whole = summarise(leaves, await pool.terms()).reduce((sum, deal) => ({
      dealId: sum.dealId,
      tasks: sum.tasks + deal.tasks,
      workersWei: sum.workersWei + deal.workersWei,
      poolWei: sum.poolWei + deal.poolWei,
      burnedWei: sum.burnedWei + deal.burnedWei,
    }));
    await expectSlashed(await pool.post(leaves, undefined, [whole]), "MisplacedTask");
  });

  it("a task that an earlier epoch has settled: is found and slashed", async () => {
    const right = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));
    const leaves = await pool.honest({ 1: right });
    const lie = await pool.post(leaves);
    expect(audit(lie)).toBeUndefined();
    const earlier = [
      {
        number: 0,
        places: new Map([
          [
            pool.deals[0],
            new Map([
              [0, 0],
              [1, 1],
            ]),
          ],
        ]),
      },
    ];
    await expectSlashed(lie, "SettledTwice", earlier, () => ({
      header: pool.first.posting.header,
      evidence: pool.first.evidence,
    }));
  });
});

/** Leaves of the rewards are changed; the ledger follows from them. */
const REWARDS: Record<string, (leaves: EpochLeaves) => void> = {
  "too high, and another too low": ({ rewards }) => {
    rewards[0]!.sum.rewardWei += 5n;
    rewards.find(({ worker, sum }) => worker !== rewards[0]!.worker && sum.rewardWei > 0n)!.sum.rewardWei -= 5n;
  },
  "of somebody else": ({ rewards }) => {
    rewards[0]!.worker = stranger;
    rewards.sort((a, b) => (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.task - b.task));
  },
  "of another task": ({ rewards }) => {
    rewards.find(({ worker, task }) => task === 1 && worker === pool.world.address("ann"))!.task = 2;
  },
  "counted wrong for a right contribution": ({ rewards }) => {
    const entry = rewards.find(({ sum }) => sum.good === 1)!;
    entry.sum = { ...entry.sum, good: 0, bad: 1 };
  },
  "counted right for a wrong contribution": ({ rewards }) => {
    const entry = rewards.find(({ sum }) => sum.bad === 1)!;
    entry.sum = { ...entry.sum, good: 1, bad: 0 };
  },
  "missing where it was a wrong contribution's": ({ rewards }) => {
    rewards.splice(
      rewards.findIndex(({ sum }) => sum.bad === 1),
      1,
    );
  },
  "of one who did nothing": ({ rewards }) => {
    rewards.push({ worker: stranger, task: 1, sum: { rewardWei: 0n, good: 1, bad: 0 } });
    rewards.sort((a, b) => (a.worker < b.worker ? -1 : a.worker > b.worker ? 1 : a.task - b.task));
  },
  "of a task that is not there": ({ rewards }) => {
    const { worker } = rewards[0]!;
    const past = rewards.findIndex((entry) => entry.worker !== worker);
    rewards.splice(past, 0, { worker, task: 77, sum: { rewardWei: 0n, good: 1, bad: 0 } });
  },
  twice: ({ rewards }) => {
    rewards.splice(1, 0, { ...rewards[0]!, sum: { rewardWei: 0n, good: 1, bad: 0 } });
  },
  "out of order": ({ rewards }) => {
    rewards.reverse();
  },
};

describe("a lie in the rewards", () => {
  it.each(Object.entries(REWARDS))("%s: is found and slashed", async (_, falsify) => {
    const leaves = clone(await pool.honest());
    falsify(leaves);
    await expectSlashed(await pool.post(withLedger(pool, leaves)), "WrongReward");
  });
});

/** Leaves of the ledger are changed, in ways that leave its total as it must be. */
const LEDGER: Record<string, (ledger: NonNullable<EpochLeaves["ledger"]>) => void> = {
  "that gives one worker another's wei": (ledger) => {
    ledger[0]!.sum.rewardWei -= 7n;
    ledger[1]!.sum.rewardWei += 7n;
  },
  "that gives one worker another's count": (ledger) => {
    ledger[0]!.sum.good--;
    ledger[1]!.sum.good++;
  },
  "that forgets whom": (ledger) => {
    ledger[1]!.worker = toAddress(`${ledger[1]!.worker.slice(0, -1)}${ledger[1]!.worker.endsWith("0") ? "1" : "0"}`);
  },
  "that adds somebody": (ledger) => {
    ledger.push({ worker: toAddress(`0x${"ff".repeat(20)}`), sum: { rewardWei: 9n, good: 0, bad: 0 } });
    ledger[0]!.sum.rewardWei -= 9n;
  },
  "that leaves somebody out": (ledger) => {
    const [gone] = ledger.splice(1, 1);
    const { sum } = ledger[0]!;
    ledger[0]!.sum = {
      rewardWei: sum.rewardWei + gone!.sum.rewardWei,
      good: sum.good + gone!.sum.good,
      bad: sum.bad + gone!.sum.bad,
    };
  },
  "with one worker twice": (ledger) => {
    ledger.splice(1, 0, { worker: ledger[0]!.worker, sum: { rewardWei: 1n, good: 0, bad: 0 } });
    ledger[0]!.sum.rewardWei -= 1n;
  },
  "out of order": (ledger) => {
    ledger.reverse();
  },
};

describe("a lie in the ledger", () => {
  it.each(Object.entries(LEDGER))("%s: is found and slashed", async (_, falsify) => {
    const leaves = clone(await pool.honest());
    falsify(leaves.ledger!);
    await expectSlashed(await pool.post(leaves), "WrongLedger");
  });
});

describe("data that does not have the posted roots", () => {
  it.each(["tasks", "commits", "rewards", "ledger"] as const)(
    "%s: is told, and no proof is made of it",
    async (tree) => {
      const leaves = await pool.honest();
      const lie = await pool.post(leaves);
      const { header } = lie.posting;
      const roots = { ...header.roots, [tree]: { ...header.roots[tree], root: flip(header.roots[tree].root) } };
      const fault = audit({ ...lie, posting: { ...lie.posting, header: { ...header, roots } } });
      expect(fault).toEqual({ fault: "Withheld", why: expect.stringContaining(tree) });
      pool.world.pass(60);
      await pool.finalise(lie);
    },
  );

  it("does not keep what the rest shows from being proved", async () => {
    const leaves = clone(await pool.honest({ 50: [{ worker: "ann", digest: "right" }] }));
    const lie = await pool.post(await following(pool, leaves));
    const shown = { ...lie, evidence: evidenceOf({ ...leaves, rewards: [] }, pool.ledger) };
    await expectSlashed(shown, "UnprovenTask");
  });
});

it("has enough of a bond left for all that was to be slashed", () => expect(bondWei).toBeGreaterThan(100n * ECT));

// Watchtowers beside a pool that lies now and then, on the real contracts: restarts, rivals, relays that are away, blocks that
// are replaced.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import { Challenger } from "../../relay/watch/challenger.ts";
import { type Source, Sources } from "../../relay/watch/sources.ts";
import { Watchtower } from "../../relay/watch/watchtower.ts";
import { FaultyChain } from "../chain/faultyChain.ts";
import { ECT, named, type Part, World, walletOf } from "../settlement/world.ts";
import { LyingPool } from "./lyingPool.ts";

const right: Part[] = ["ann", "bob"].map((worker) => ({ worker, digest: "right" }));
const IDLE_MS = 10_000;

let pool: LyingPool<FaultyChain>;
beforeEach(async () => {
  pool = await LyingPool.on(await World.on((accounts, nowS) => FaultyChain.open(31337, accounts, nowS)));
});
afterEach(() => pool.world.close());

interface Tower {
  tower: Watchtower;
  lines: string[];
}

/** `as`: who challenges. */
function open(as = "challenger", source: Source = published): Tower {
  return openWith(challengerOf(as), source);
}

const challengerOf = (name: string): Challenger =>
  new Challenger({
    wallet: walletOf(name),
    provider: pool.world.provider,
    challenges: pool.chain.challenges,
    wait: async () => {},
    now: () => pool.world.nowS * 1000,
    idleMs: IDLE_MS,
  });

function openWith(challenger: Challenger | undefined, source: Source = published): Tower {
  const { provider } = pool.world;
  const lines: string[] = [];
  const tower = new Watchtower({
    provider,
    chain: pool.chain,
    sources: new Sources([source]),
    challenger,
    say: (line) => lines.push(line),
    now: () => pool.world.nowS * 1000,
  });
  return { tower, lines };
}

const published: Source = async ({ number }) => {
  const data = pool.published.get(number);
  if (!data) throw new Error(`no data of epoch ${number}`);
  return data;
};

/** Pays one task twice. */
const lie = () => pool.publish({ 1: right });
const forge = () =>
  pool.publish({ 5: right }, (tasks) => {
    tasks[0]!.contributions[0]!.salt = named("another salt");
  });

const bondWei = async () => (await pool.world.contracts.pool(pool.world.address("pool"))).bondWei;
const freeWei = async (name: string) => (await pool.world.contracts.balances(pool.world.address(name))).freeWei;
const sentBy = (name: string) => pool.world.provider.getTransactionCount(walletOf(name).address);

/** Looks until the chain has made the two blocks and the proof is shown. */
async function prove({ tower }: Tower): Promise<void> {
  await tower.look();
  await pool.world.chain.mine();
  await pool.world.chain.mine();
  await tower.look();
}

describe("a watchtower", () => {
  it("finds nothing in honest epochs, and says what it checked", async () => {
    await pool.publish({ 5: right, 7: [...right, { worker: "cy", digest: "wrong" }] });
    const { tower, lines } = open();
    await tower.look();
    await tower.look();
    expect(tower.faults()).toEqual([]);
    expect(lines).toEqual([
      expect.stringContaining("epoch 0 of pool"),
      expect.stringMatching(/epoch 1 .*: 2 tasks of 1 deals, 5 contributions in 3 signed batches, .*: no fault/),
    ]);
    expect(await sentBy("challenger")).toBe(0);
  });

  it.each([
    { what: "a task settled twice, across epochs", tell: lie },
    { what: "a forged contribution", tell: forge },
  ])("proves $what by itself; the bond is slashed, half of it is its own", async ({ tell }) => {
    const before = await bondWei();
    const told = await tell();
    const watching = open();
    await prove(watching);
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
    const slashedWei = 2n * told.posting.header.valueWei;
    expect(await bondWei()).toBe(before - slashedWei);
    expect(await freeWei("challenger")).toBe(slashedWei / 2n);
    expect(watching.lines.at(-1)).toContain("proved: void, its pool loses 2.0 ECT");
  });

  it("only says what it finds if it has no key", async () => {
    const told = await lie();
    const { tower, lines } = openWith(undefined);
    await tower.look();
    expect(tower.faults()).toMatchObject([{ posting: { hash: told.posting.hash }, fault: { fault: "SettledTwice" } }]);
    expect(lines.at(-1)).toMatch(/a lie: task 1 of deal .* was settled by epoch 0 before/);
    expect(await pool.chain.stateOf(told.posting)).toBe("pending");
  });

  it("goes on where another run with its key was killed: one lock, one proof", async () => {
    const told = await lie();
    await open().tower.look();
    expect(await sentBy("challenger")).toBe(1);
    await pool.world.chain.mine();
    await open().tower.look();
    await pool.world.chain.mine();
    await open().tower.look();
    expect(await sentBy("challenger")).toBe(2);
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
    const later = open();
    await later.tower.look();
    expect(later.tower.faults()).toEqual([]);
    expect(await sentBy("challenger")).toBe(2);
  });

  it("does no harm and takes none if another is quicker", async () => {
    const told = await lie();
    const [first, second] = [open("challenger"), open("stranger")];
    const strangerBefore = await freeWei("stranger");
    await first.tower.look();
    await second.tower.look();
    await pool.world.chain.mine();
    await pool.world.chain.mine();
    await first.tower.look();
    const sent = await sentBy("stranger");
    await second.tower.look();
    await second.tower.look();
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
    expect(await sentBy("stranger")).toBe(sent);
    expect(await freeWei("stranger")).toBe(strangerBefore);
    expect(second.lines.at(-1)).toContain("is void");
  });

  it("checks what is posted after a lie was voided, on the ledger before it", async () => {
    await lie();
    const watching = open();
    await prove(watching);
    await pool.publish({ 8: right });
    await watching.tower.look();
    expect(watching.lines.at(-1)).toMatch(/^epoch 2 .*rewards and ledger checked: no fault/);
  });

  it("makes blocks where the chain makes none", async () => {
    const told = await lie();
    const { tower } = open();
    for (let looks = 0; looks < 8; looks++) {
      await tower.look();
      pool.world.pass(IDLE_MS / 1000);
    }
    // The window is over by now, but nobody has finalised: what is pending can be challenged.
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
  });

  it("asks again for data that is not to be had, and for the right data where there is other", async () => {
    const told = await lie();
    let answers: "away" | "other" | "right" = "away";
    const { tower, lines } = open("challenger", async (header) => {
      if (answers === "away") throw new Error("the relay is away");
      return answers === "other" ? new Uint8Array([1, 2, 3]) : published(header);
    });
    await tower.look();
    await tower.look();
    expect(lines.filter((line) => line.includes("the relay is away"))).toHaveLength(2);
    answers = "other";
    pool.world.pass(10);
    await tower.look();
    expect(lines.at(-1)).toContain("cannot be checked: expected data with hash");
    answers = "right";
    pool.world.pass(10);
    await prove({ tower, lines });
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
  });

  it("says once that the chain is away, and goes on when it is back", async () => {
    const told = await lie();
    const { tower, lines } = open();
    pool.world.chain.intercept = async () => {
      throw new Error("the node is away");
    };
    await tower.look();
    await tower.look();
    expect(lines).toEqual([expect.stringContaining("cannot go on")]);
    pool.world.chain.intercept = async () => undefined;
    await prove({ tower, lines });
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
  });

  it("locks again if the block with its lock is replaced", async () => {
    const told = await lie();
    const watching = open();
    await watching.tower.look();
    await pool.world.chain.reorganise(1);
    await prove(watching);
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
  });

  it("checks anew what is posted under the same number after a reorganisation", async () => {
    await lie();
    const watching = open();
    await watching.tower.look();
    await pool.world.chain.reorganise(2);
    await watching.tower.look();
    expect(watching.tower.faults()).toEqual([]);
    await pool.publish({ 9: right });
    await watching.tower.look();
    expect(watching.tower.faults()).toEqual([]);
    expect(watching.lines.at(-1)).toMatch(/^epoch 1 .*: 1 tasks .*no fault/);
  });

  it("proves again what a reorganisation made unproved", async () => {
    const told = await lie();
    const watching = open();
    await prove(watching);
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
    await pool.world.chain.reorganise(1);
    expect(await pool.chain.stateOf(told.posting)).toBe("pending");
    await watching.tower.look();
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
  });

  it("watches several pools, each with a ledger of its own", async () => {
    await pool.world.settler({}, "otherPool").openPool(1000, 100n * ECT);
    const deal = await pool.world.openDeal({ tasks: 5 }, "otherPool");
    const other = pool.world.settler({ tasks: () => pool.world.certify(deal, { 0: right }, "otherPool") }, "otherPool");
    await other.settle();
    const told = await lie();
    const source: Source = async (header) =>
      header.pool === pool.world.address("otherPool") ? other.data(header.number)! : published(header);
    const watching = open("challenger", source);
    await prove(watching);
    expect(await pool.chain.stateOf(told.posting)).toBe("voided");
    expect(watching.lines.filter((line) => line.includes(toAddress(walletOf("otherPool").address)))).toEqual([
      expect.stringContaining("no fault"),
    ]);
  });
});

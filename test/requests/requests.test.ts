import { zeroPadBytes } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JobId, toHex } from "../../protocol/ids.ts";
import { squaresOf } from "../relay/squares.ts";
import { ECT } from "../settlement/world.ts";
import { Stage } from "./stage.ts";

const FOUR = { first: 0, count: 4 };
const wordOf = (bytes: Uint8Array) => zeroPadBytes(toHex(bytes), 32);

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe("what contracts ask for", () => {
  it("is computed by volunteers as any job, settled, and acted on by the contract", async () => {
    const request = stage.request();
    const feed = await stage.feed(request);
    const id = await stage.ask(feed, request);
    await stage.until(stage.requests(), [id], () => stage.stateOf(id) !== "open");
    expect(stage.stateOf(id)).toBe("settled");
    expect(await feed.getFunction("value")()).toBe(wordOf(squaresOf(FOUR)).slice(0, 66));
    expect(await stage.settlements(id)).toBe(1);
    // 5 % are burned, of the rest 10 % are the pool's fee.
    const { requests } = stage.grid.relay.store;
    const paid = stage.volunteers.map(({ identity }) => requests.paidWei(identity.address));
    expect(paid.reduce((sum, wei) => sum + wei, 0n)).toBe(((ECT * 85n) / 100n / 3n) * 3n);
    const { contracts } = stage.world;
    for (const [i, { identity }] of stage.volunteers.entries())
      expect((await contracts.balances(identity.address)).freeWei).toBe(paid[i]);
    expect(stage.told.at(-1)?.toSorted()).toEqual(stage.volunteers.map((v) => v.identity.address).toSorted());
    // No epoch settles it once more.
    expect(stage.grid.relay.store.certified.oldestUnsettledMs()).toBeUndefined();
  });

  it("may be several tasks at once", async () => {
    const asked: { id: JobId; offset: number; feed: Awaited<ReturnType<Stage["feed"]>> }[] = [];
    for (const offset of [1, 2, 3, 4]) {
      const request = stage.request({ params: { offset } });
      const feed = await stage.feed(request);
      asked.push({ id: await stage.ask(feed, request), offset, feed });
    }
    const ids = asked.map(({ id }) => id);
    await stage.until(stage.requests(), ids, () => ids.every((id) => stage.stateOf(id) === "settled"));
    for (const { id, offset, feed } of asked) {
      expect(await feed.getFunction("value")()).toBe(wordOf(squaresOf(FOUR, offset)).slice(0, 66));
      expect(await stage.settlements(id)).toBe(1);
    }
  });

  it("is settled with what was wrong too, which is marked down on chain", async () => {
    const lied = await Stage.open(4, true);
    const liar = lied.volunteers[3]!.identity.address;
    const hub = lied.world.contract("hub");
    const request = lied.request();
    const feed = await lied.feed(request);
    const faults = async () => (await hub.queryFilter(hub.filters.Faulted!(null, liar))).length;
    // Who gets the task is drawn by lot: three of the four at first.
    for (let asked = 0; asked < 20 && (await faults()) === 0; asked++) {
      const id = await lied.ask(feed, { ...request, deadline: lied.world.nowS + 100 });
      await lied.until(lied.requests(), [id], () => lied.stateOf(id) === "settled");
      expect(await feed.getFunction("value")()).toBe(wordOf(squaresOf(FOUR)).slice(0, 66));
    }
    expect(await faults()).toBe(1);
    expect(lied.grid.relay.store.requests.paidWei(liar)).toBe(0n);
    await lied.close();
  });

  it("is left to be refunded if the pool cannot do it, and that is said once", async () => {
    const wrong = {
      "bad-job: items": stage.request({ items: 1025, itemsPerTask: 1025 }),
      "bad-deal: tasks": stage.request({ items: 8 }),
      "params.offset: expected": stage.request({ params: { offset: 5000 } }),
      "law: the job": stage.request({ law: "pool" }),
      "itemBytes: the app's": stage.request({}, { itemBytes: 8 }),
      "workerStakeWei: expected 0": stage.request({}, { workerStakeWei: ECT }),
      "deadlineSeconds: expected none": stage.request({ deadlineSeconds: 60 }),
      "spec: expected JSON": stage.request({}, { spec: "squares, please" }),
      "job hash: the job": stage.request({}, { spec: ` ${stage.request().spec}` }),
    };
    for (const [why, request] of Object.entries(wrong)) {
      const id = await stage.ask(await stage.feed(request), request);
      stage.warnings.length = 0;
      const requests = stage.requests();
      await requests.look();
      await requests.look();
      expect(stage.stateOf(id)).toBe("refused");
      expect(stage.warnings.map(({ reason }) => reason)).toEqual([
        expect.stringContaining(why.replace(/^bad-\w+: /, "")),
      ]);
      expect(stage.grid.relay.loop.jobs.has(id)).toBe(false);
    }
  });

  it("waits for an app that is not there, says so once, and is given up after its deadline", async () => {
    const request = stage.request({ app: stage.app.replace(/.$/, (last) => (last === "a" ? "b" : "a")) });
    const id = await stage.ask(await stage.feed(request), request);
    stage.warnings.length = 0;
    const requests = stage.requests();
    for (let waitedS = 0; waitedS < 60; waitedS += 12) {
      await requests.look();
      stage.world.pass(12);
    }
    expect(stage.stateOf(id)).toBe("open");
    expect(stage.warnings.map(({ reason }) => reason)).toEqual([expect.stringContaining("this relay has no app")]);
    stage.world.pass(80);
    await requests.look();
    expect(stage.stateOf(id)).toBe("missed");
    await stage.world.send("stranger", "tasks", "refund", id);
    expect((await stage.world.contracts.dealTerms(id))?.closed).toBe(true);
  });

  it("is stopped at its deadline if volunteers were too slow, and pays nobody", async () => {
    const slow = await Stage.open(1);
    const request = slow.request();
    const id = await slow.ask(await slow.feed(request), request);
    const requests = slow.requests();
    await requests.look();
    expect(slow.isRunning(id)).toBe(true);
    slow.world.pass(140);
    await requests.look();
    expect(slow.stateOf(id)).toBe("missed");
    expect(slow.grid.relay.loop.jobs.get(id)?.row.error?.message).toContain("its deadline has passed");
    await slow.close();
  });

  it("says why the chain refuses to settle", async () => {
    const request = stage.request();
    const id = await stage.ask(await stage.feed(request), request);
    const requests = stage.requests();
    await requests.look();
    // The chain says that it is too late while the relay still has patience.
    stage.world.pass(110);
    stage.warnings.length = 0;
    await stage.until(requests, [id], () => stage.warnings.length > 0);
    expect(stage.warnings.map(({ reason }) => reason)).toEqual([expect.stringContaining(`found: DealIsOver(${id}`)]);
    stage.world.pass(30);
    await requests.look();
    expect(stage.stateOf(id)).toBe("missed");
    expect(await stage.settlements(id)).toBe(0);
  });
});

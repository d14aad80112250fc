// What runs contracts' requests dies at every call it makes to the chain, once before the chain has heard it and once after;
// another is started on what the first left on disk. And the chain takes blocks back.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobId } from "../../protocol/ids.ts";
import type { Chain } from "../../relay/chain/chain.ts";
import { Stage } from "./stage.ts";

/** More calls than one request takes: the loop ends when one got through. */
const MANY = 200;

type Call = { method: string; params?: readonly unknown[] };
type Block = { hash: string };
type Mined = { blockNumber: string } | null;

/** A chain that can be reached `calls` times. */
function reachable(chain: Chain, calls: number, diesAfter: boolean) {
  let left = calls;
  const died = () => left < 0;
  return {
    died,
    async request(call: Call): Promise<unknown> {
      if (died()) throw new Error("died");
      left--;
      if (died() && !diesAfter) throw new Error("died");
      const answer = await chain.request(call);
      if (died()) throw new Error("died");
      return answer;
    },
  };
}

/** The chain as it was when block `at()` was the last one; as it is if that is undefined. */
const rewound = (chain: Chain, at: () => number | undefined) => async (call: Call) => {
  const number = at();
  if (number === undefined) return chain.request(call);
  const { method, params = [] } = call;
  const last = `0x${number.toString(16)}`;
  if (method === "eth_getLogs") {
    const [filter] = params as [{ toBlock: string }];
    return chain.request({ method, params: [{ ...filter, toBlock: last }] });
  }
  const answer = await chain.request({
    method,
    params: params.map((p) => (p === "latest" || p === "pending" ? last : p)),
  });
  const mined = /^eth_getTransaction(Receipt|ByHash)$/.test(method) ? (answer as Mined) : null;
  return mined && Number(mined.blockNumber) > number ? null : answer;
};

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

/** What the store says was paid is what volunteers have on the chain. */
async function expectPaid(ids: readonly JobId[]): Promise<void> {
  for (const id of ids) expect(await stage.settlements(id)).toBe(1);
  for (const { identity } of stage.volunteers) {
    const { freeWei, score } = await stage.world.contracts.balances(identity.address);
    expect(freeWei).toBe(stage.grid.relay.store.requests.paidWei(identity.address));
    expect(score).toBe(ids.length);
  }
}

describe.each([{ diesAfter: false }, { diesAfter: true }])(
  "a relay that dies ($diesAfter: the chain heard it)",
  ({ diesAfter }) => {
    it("settles every request once, and runs it once", async () => {
      const ids: JobId[] = [];
      const request = stage.request();
      const feed = await stage.feed(request);
      for (let calls = 0; calls < MANY; calls++) {
        const id = await stage.ask(feed, { ...request, deadline: stage.world.nowS + 100 });
        ids.push(id);
        const chain = reachable(stage.world.chain, calls, diesAfter);
        const first = stage.requests(chain.request);
        await stage.until(first, [id], () => chain.died() || stage.stateOf(id) === "settled");
        const survived = !chain.died();
        const second = stage.requests();
        await stage.until(second, [id], () => stage.stateOf(id) === "settled");
        await second.look();
        if (survived) break;
      }
      expect(ids.length).toBeGreaterThan(10);
      expect(ids.length).toBeLessThan(MANY);
      await expectPaid(ids);
      const { computed, certified } = stage.volunteers[0]!.counts;
      expect([computed, certified]).toEqual([ids.length, ids.length]);
    }, 240_000);
  },
);

describe("a chain that takes blocks back", () => {
  it("loses no request that comes again in a block already read", async () => {
    const request = stage.request();
    const id = await stage.ask(await stage.feed(request), request);
    let isOther = true;
    const requests = stage.requests(async (call) => {
      const answer = await stage.world.chain.request(call);
      if (!isOther) return answer;
      if (call.method === "eth_getLogs") return [];
      if (call.method === "eth_getBlockByNumber") return { ...(answer as Block), hash: `0x${"0a".repeat(32)}` };
      return answer;
    });
    await requests.look();
    const { requests: table } = stage.grid.relay.store;
    expect([stage.stateOf(id), table.lastBlock()]).toEqual([undefined, await stage.world.provider.getBlockNumber()]);
    isOther = false;
    await stage.until(requests, [id], () => stage.stateOf(id) === "settled");
    await expectPaid([id]);
  });

  it("settles a request again whose settlement was taken back, with the same transaction", async () => {
    const request = stage.request();
    const id = await stage.ask(await stage.feed(request), request);
    const asked = await stage.world.provider.getBlockNumber();
    let last: number | undefined;
    const requests = stage.requests(rewound(stage.world.chain, () => last));
    await stage.until(requests, [id], () => stage.stateOf(id) === "settled");
    await requests.look();
    last = asked;
    await requests.look();
    expect(stage.stateOf(id)).toBe("open");
    expect(stage.grid.relay.store.requests.paidWei(stage.volunteers[0]!.identity.address)).toBe(0n);
    last = undefined;
    stage.world.pass(11);
    await requests.look();
    expect(stage.stateOf(id)).toBe("settled");
    await expectPaid([id]);
  });
});

// The real EVM behind a JSON-RPC that can fail: blocks are made when the test says so, or at once; transactions can be
// dropped; calls can be refused; blocks can be undone and others made in their place.
import type { Address, Hex } from "../../protocol/ids.ts";
import { type Engine, startEngine } from "../../relay/chain/engine.ts";

export interface Call {
  method: string;
  params?: readonly unknown[];
}

export class FaultyChain {
  readonly #engine: Engine;
  readonly #nowS: () => number;
  /** The state before each block that was made here, by its number. */
  readonly #before = new Map<number, unknown>();
  #turn: Promise<unknown> = Promise.resolve();
  #lastS: number;
  /** Blocks are made at once for every transaction. */
  automatic = true;
  /** Called before every call: throws, or answers instead of the chain; undefined lets it through. */
  intercept: (call: Call) => Promise<unknown> = async () => undefined;
  /** Every call that was let through. */
  readonly calls: string[] = [];

  static async open(chainId: number, accounts: readonly Address[], nowS: () => number): Promise<FaultyChain> {
    return new FaultyChain(await startEngine({ chainId, timeS: nowS(), accounts: [...accounts] }), nowS);
  }

  private constructor(engine: Engine, nowS: () => number) {
    this.#engine = engine;
    this.#nowS = nowS;
    this.#lastS = nowS();
  }

  /** EIP-1193, in turn. */
  async request(call: Call): Promise<unknown> {
    const instead = await this.intercept(call);
    if (instead !== undefined) return instead;
    return this.#inTurn(async () => {
      this.calls.push(call.method);
      await this.#engine("evm_setNextBlockTimestamp", [this.#timeS()]);
      const answer = await this.#engine(call.method, call.params ?? []);
      if (call.method === "eth_sendRawTransaction" && this.automatic) await this.#make();
      return answer;
    });
  }

  /** Makes a block of what waits, or of nothing. */
  mine(): Promise<void> {
    return this.#inTurn(() => this.#make());
  }

  /** Undoes the newest blocks. What was in them is in no block, and waits no more; then others are made, without it. */
  async reorganise(blocks: number): Promise<void> {
    await this.#inTurn(async () => {
      const head = await this.#head();
      await this.#engine("evm_revert", [this.#before.get(head - blocks + 1)]);
      for (const waiting of await this.#waiting()) await this.#engine("hardhat_dropTransaction", [waiting]);
      for (let i = 0; i <= blocks; i++) await this.#make();
    });
  }

  /** Of transactions in no block yet. */
  async waiting(): Promise<Hex[]> {
    return this.#inTurn(() => this.#waiting());
  }

  async drop(hash: string): Promise<void> {
    await this.#inTurn(() => this.#engine("hardhat_dropTransaction", [hash]));
  }

  /** As if the next block's gas cost so much, wei. */
  async setBaseFee(wei: bigint): Promise<void> {
    await this.#inTurn(() => this.#engine("hardhat_setNextBlockBaseFeePerGas", [`0x${wei.toString(16)}`]));
  }

  async close(): Promise<void> {
    await this.#turn;
  }

  async #waiting(): Promise<Hex[]> {
    const block = (await this.#engine("eth_getBlockByNumber", ["pending", false])) as { transactions: Hex[] };
    return block.transactions;
  }

  async #head(): Promise<number> {
    return Number(await this.#engine("eth_blockNumber"));
  }

  async #make(): Promise<void> {
    this.#before.set((await this.#head()) + 1, await this.#engine("evm_snapshot"));
    this.#lastS = this.#timeS();
    await this.#engine("evm_setNextBlockTimestamp", [this.#lastS]);
    await this.#engine("evm_mine");
  }

  #timeS(): number {
    return Math.max(this.#nowS(), this.#lastS);
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

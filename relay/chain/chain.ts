// The embedded chain: an EVM in the relay's process that survives its death.
//
//   request ──raw transaction──▶ waiting ──▶ block log (on disk) ──▶ engine ──▶ answered
//                                                  └── replayed at start, block hashes compared
//
// A block is made whenever transactions wait, and on demand; its time is the clock's, so challenge windows pass by
// themselves. Without transactions nothing is written.
import { keccak256 } from "ethers";
import { invariant } from "../../protocol/errors.ts";
import type { Address, Hex } from "../../protocol/ids.ts";
import { BlockLog } from "./blockLog.ts";
import { type Engine, startEngine } from "./engine.ts";
import { RpcError } from "./rpcError.ts";

/** Transactions of one block: their writes to the disk are shared. */
const MAX_BLOCK_TRANSACTIONS = 256;
/** Transactions waiting for a block: more are refused, the sender tries again. */
const MAX_WAITING = 4096;
/** A raw transaction, bytes: geth's bound. */
const MAX_TRANSACTION_BYTES = 128 * 1024;

const HEX = /^0x(?:[0-9a-f]{2})+$/;

/** What anybody may call: reading, and sending signed transactions. No accounts live here, no filters are kept. */
const METHODS = new Set([
  "eth_accounts",
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getLogs",
  "eth_getStorageAt",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "eth_sendRawTransaction",
  "eth_syncing",
  "net_version",
  "web3_clientVersion",
]);

/** These look at the block to come, so the engine must know what time it is. */
const TIMED = new Set(["eth_call", "eth_estimateGas", "eth_getBlockByNumber"]);

export interface ChainOptions {
  /** Where the blocks are kept; ":memory:" for a chain that dies with the process. */
  file: string;
  /** Of a new chain. An existing one keeps its own. */
  chainId: number;
  /** Accounts with gas from the start, of a new chain. */
  accounts: readonly Address[];
  /** The clock, seconds since 1970. */
  nowS?: () => number;
}

interface Waiting {
  raw: Hex;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class Chain {
  readonly chainId: number;
  /** Blocks executed again at start. */
  readonly replayedBlocks: number;
  readonly #log: BlockLog;
  readonly #engine: Engine;
  readonly #nowS: () => number;
  #number: number;
  #lastTimeS: number;
  #waiting: Waiting[] = [];
  #sealing: Promise<void> | undefined;
  /** Calls that set the engine's clock, and blocks, take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Throws if the log does not replay to the hashes it holds. */
  static async open(options: ChainOptions): Promise<Chain> {
    const nowS = options.nowS ?? (() => Math.floor(Date.now() / 1000));
    const log = new BlockLog(options.file);
    const genesis = log.genesis({ chainId: options.chainId, timeS: nowS(), accounts: [...options.accounts] });
    const engine = await startEngine(genesis);
    let number = 0;
    let timeS = genesis.timeS;
    for (const block of [...log.blocks()]) {
      const { hash, refused } = await execute(
        engine,
        block.timeS,
        block.transactions.map((transaction) => transaction.raw),
      );
      if (block.hash !== undefined && block.hash !== hash)
        throw new Error(`block ${block.number} replays to ${hash ?? "nothing"}, the log says ${block.hash}`);
      if (block.hash === undefined) {
        log.finish(
          block.number,
          hash,
          refused.map(({ place }) => block.transactions[place]!.place),
        );
        if (hash === undefined) continue;
      }
      number = block.number;
      timeS = block.timeS;
    }
    return new Chain(log, engine, nowS, { chainId: genesis.chainId, number, timeS });
  }

  private constructor(
    log: BlockLog,
    engine: Engine,
    nowS: () => number,
    head: { chainId: number; number: number; timeS: number },
  ) {
    this.#log = log;
    this.#engine = engine;
    this.#nowS = nowS;
    this.chainId = head.chainId;
    this.replayedBlocks = head.number;
    this.#number = head.number;
    this.#lastTimeS = head.timeS;
  }

  /** EIP-1193. Throws `RpcError`. A sent transaction is answered when it is on disk and executed. */
  async request({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> {
    if (this.#closed) throw RpcError.refused("the chain is closed");
    if (!METHODS.has(method)) throw RpcError.noMethod(method);
    if (method === "eth_sendRawTransaction") return this.#send(params[0]);
    if (!TIMED.has(method)) return this.#engine(method, params);
    return this.#inTurn(async () => {
      await this.#engine("evm_setNextBlockTimestamp", [this.#timeS()]);
      return this.#engine(method, params);
    });
  }

  /** Makes a block now, of what waits or of nothing: for those who count blocks. */
  async mine(): Promise<void> {
    await this.#sealing;
    await this.#inTurn(() => this.#seal([]));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#sealing;
    await this.#turn;
    this.#log.close();
  }

  async #send(raw: unknown): Promise<string> {
    if (typeof raw !== "string" || raw.length > 2 + 2 * MAX_TRANSACTION_BYTES)
      throw RpcError.invalidParams(`expected a raw transaction of at most ${MAX_TRANSACTION_BYTES} bytes`);
    const lower = raw.toLowerCase();
    if (!HEX.test(lower)) throw RpcError.invalidParams("expected a raw transaction in hexadecimal");
    if (this.#waiting.length >= MAX_WAITING) throw RpcError.refused("too many transactions wait; try again");
    const answered = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ raw: lower as Hex, resolve, reject });
    });
    this.#sealing ??= this.#sealAll().finally(() => {
      this.#sealing = undefined;
    });
    await answered;
    return keccak256(lower);
  }

  async #sealAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#inTurn(async () => {
        const batch = this.#waiting.splice(0, MAX_BLOCK_TRANSACTIONS);
        try {
          const refused = await this.#seal(batch.map(({ raw }) => raw));
          const errors = new Map(refused.map(({ place, error }) => [place, error]));
          batch.forEach(({ resolve, reject }, place) => {
            if (errors.has(place)) reject(errors.get(place));
            else resolve();
          });
        } catch (error) {
          for (const { reject } of batch) reject(error);
        }
      });
    }
  }

  async #seal(raws: readonly Hex[]): Promise<readonly Refusal[]> {
    const timeS = this.#timeS();
    const number = this.#number + 1;
    this.#log.begin(number, timeS, raws);
    const { hash, refused } = await execute(this.#engine, timeS, raws);
    this.#log.finish(
      number,
      hash,
      refused.map(({ place }) => place),
    );
    if (hash !== undefined) {
      this.#number = number;
      this.#lastTimeS = timeS;
    }
    return refused;
  }

  /** A block is never older than the one before, whatever the clock does. */
  #timeS(): number {
    return Math.max(this.#nowS(), this.#lastTimeS);
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

interface Refusal {
  place: number;
  error: unknown;
}

/** Gives the transactions to the engine and makes a block; none, and no hash, if there were some and all were refused. */
async function execute(
  engine: Engine,
  timeS: number,
  raws: readonly Hex[],
): Promise<{ hash: string | undefined; refused: Refusal[] }> {
  const refused: Refusal[] = [];
  for (const [place, raw] of raws.entries()) {
    try {
      await engine("eth_sendRawTransaction", [raw]);
    } catch (error) {
      refused.push({ place, error });
    }
  }
  if (raws.length > 0 && refused.length === raws.length) return { hash: undefined, refused };
  await engine("evm_setNextBlockTimestamp", [timeS]);
  await engine("evm_mine");
  const block = (await engine("eth_getBlockByNumber", ["latest", false])) as { hash: unknown } | null;
  invariant(typeof block?.hash === "string", "the engine has a latest block");
  return { hash: block.hash, refused };
}

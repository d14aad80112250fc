// Sends each transaction of a settlement once, whatever dies in between: it is signed and stored under the name of its step
// before it is sent, and the same bytes are sent again until a block has them. One sender an account.
import { keccak256, type Provider, type TransactionReceipt, type Wallet } from "ethers";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Bytes32, type Hex, toBytes32 } from "../../protocol/ids.ts";
import type { SettlementTables } from "./tables.ts";

/** A transaction waits this long for its block before the step is given up until the next run, milliseconds. */
const RECEIPT_MS = 120_000;
/** How often the chain is asked for it, milliseconds. (ethers' own waiting throws into the void when the chain goes away.) */
const RECEIPT_POLL_MS = 500;

export interface Call {
  to: string;
  data: string;
}

export interface SenderOptions {
  wallet: Wallet;
  provider: Provider;
  tables: SettlementTables;
  wait: (ms: number) => Promise<void>;
  /** A contract's own words for why it refused. */
  reasonOf: (error: unknown) => string | undefined;
}

export class Sender {
  readonly #wallet: Wallet;
  readonly #provider: Provider;
  readonly #tables: SettlementTables;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #reasonOf: (error: unknown) => string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SenderOptions) {
    this.#provider = options.provider;
    this.#wallet = options.wallet.connect(options.provider);
    this.#tables = options.tables;
    this.#wait = options.wait;
    this.#reasonOf = options.reasonOf;
  }

  /**
   * The receipt of the step's transaction. `call` is made only if the step was never signed. Throws `chain-unavailable`,
   * with the contract's reason as `cause`, if the chain refuses it; the step can then be tried anew.
   */
  send(step: string, call: () => Call | Promise<Call>): Promise<TransactionReceipt> {
    const sent = this.#turn.then(() => this.#send(step, call));
    this.#turn = sent.catch(() => {});
    return sent;
  }

  /** Whether a transaction of this step was signed, and not found to be impossible since. */
  knows(step: string): boolean {
    return this.#tables.transaction(step) !== undefined;
  }

  async #send(step: string, call: () => Call | Promise<Call>): Promise<TransactionReceipt> {
    const stored = this.#tables.transaction(step);
    if (stored) {
      // Counted before the receipt is asked for: it may be mined in between, and must not be taken for replaced then.
      const count = await this.#provider.getTransactionCount(this.#wallet.address);
      const receipt = await this.#provider.getTransactionReceipt(stored.hash);
      if (receipt) return this.#mined(step, receipt);
      // Its nonce went to another transaction: this one can never be mined.
      if (stored.nonce < count) {
        this.#tables.deleteTransaction(step);
        return this.#send(step, call);
      }
      return this.#broadcast(step, stored.raw, stored.hash);
    }
    const { raw, nonce } = await this.#sign(step, await call());
    const hash = toBytes32(keccak256(raw));
    this.#tables.insertTransaction({ step, nonce, hash, raw });
    return this.#broadcast(step, raw, hash);
  }

  async #sign(step: string, call: Call): Promise<{ raw: Hex; nonce: number }> {
    try {
      const transaction = await this.#wallet.populateTransaction(call);
      const raw = (await this.#wallet.signTransaction(transaction)) as Hex;
      return { raw, nonce: Number(transaction.nonce) };
    } catch (cause) {
      const reason = this.#reasonOf(cause) ?? "unreachable, or no reason given";
      throw new SuperEdgeError("chain-unavailable", `expected the chain to take "${step}", found: ${reason}`, {
        cause,
      });
    }
  }

  async #broadcast(step: string, raw: Hex, hash: Bytes32): Promise<TransactionReceipt> {
    try {
      await this.#provider.broadcastTransaction(raw);
    } catch (cause) {
      // "already known" and the like: the receipt decides. A transaction that no node has is sent again by the next run.
      const known = await this.#provider.getTransaction(hash);
      if (!known) throw new SuperEdgeError("chain-unavailable", `the chain did not take ${step}`, { cause });
    }
    for (let waitedMs = 0; waitedMs < RECEIPT_MS; waitedMs += RECEIPT_POLL_MS) {
      const receipt = await this.#provider.getTransactionReceipt(hash);
      if (receipt) return this.#mined(step, receipt);
      await this.#wait(RECEIPT_POLL_MS);
    }
    throw new SuperEdgeError("chain-unavailable", `${step} is in no block after ${RECEIPT_MS} ms`);
  }

  #mined(step: string, receipt: TransactionReceipt): TransactionReceipt {
    if (receipt.status === 1) {
      this.#tables.markMined(step, Number(receipt.gasUsed));
      return receipt;
    }
    this.#tables.deleteTransaction(step);
    throw new SuperEdgeError("chain-unavailable", `${step} was mined and reverted (${receipt.hash})`);
  }
}

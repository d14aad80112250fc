// Files a challenge. It remembers nothing that a restart could lose: the salt follows from the key, and the chain itself says
// what comes next when it is asked whether the proof would be taken now.
//
//   NotLocked ──▶ lock ──▶ LockTooYoung ──two blocks──▶ taken ──▶ proved
//                                          NotPending ──▶ gone (void by another's proof, or final)
import { AbiCoder, Interface, isError, keccak256, type Provider, type TransactionRequest, type Wallet } from "ethers";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import { artifactOf } from "../chain/artifact.ts";
import type { ChallengeCall } from "./proofs.ts";

/** A transaction waits this long for its block before it is sent again with a higher fee, milliseconds. */
const RECEIPT_MS = 60_000;
const RECEIPT_POLL_MS = 500;
/** Every new try pays a quarter more, which nodes ask of a replacement, up to 14 times the first. */
const BUMP_PERCENT = 125n;
const MAX_BUMPS = 12;

export type Progress =
  | { step: "locked" | "waiting" | "proved" | "gone" }
  /** The contract finds no fault, or cannot read the proof: our mistake. */
  | { step: "refused"; reason: string };

export interface ChallengerOptions {
  wallet: Wallet;
  provider: Provider;
  challenges: Address;
  wait: (ms: number) => Promise<void>;
  now: () => number;
  /** A chain that makes no block for so long is sent an empty transaction, milliseconds. */
  idleMs: number;
}

export class Challenger {
  readonly address: string;
  readonly #o: ChallengerOptions;
  readonly #wallet: Wallet;
  readonly #interface = new Interface(artifactOf("Challenges").abi as string[]);
  #bumps = 0;
  /** The newest block that was seen, and when. */
  #head = { number: -1, atMs: 0 };

  constructor(options: ChallengerOptions) {
    this.#o = options;
    this.#wallet = options.wallet.connect(options.provider);
    this.address = options.wallet.address;
  }

  /** Takes the next step. Throws `chain-unavailable`; the step is then taken again later. */
  async advance(call: ChallengeCall, epochHash: Bytes32): Promise<Progress> {
    const salt = this.#saltOf(call, epochHash);
    const data = this.#interface.encodeFunctionData(call.method, [...call.args, salt]);
    const refusal = await this.#refusalOf(data);
    switch (refusal?.name) {
      case undefined:
        return (await this.#send({ to: this.#o.challenges, data })) ? { step: "proved" } : { step: "waiting" };
      case "NotLocked": {
        const lock = this.#interface.encodeFunctionData("lockChallenge", [this.#lockOf(call, epochHash, salt)]);
        await this.#send({ to: this.#o.challenges, data: lock });
        return { step: "locked" };
      }
      case "LockTooYoung":
        await this.#push();
        return { step: "waiting" };
      case "NotPending":
        return { step: "gone" };
      default:
        return { step: "refused", reason: `${refusal!.name}(${refusal!.args.map(String).join(", ")})` };
    }
  }

  /** Only who has the key can know what was locked, and it is the same after a restart. */
  #saltOf({ fault, position }: ChallengeCall, epochHash: Bytes32): string {
    const types = ["string", "bytes32", "bytes32", "uint8", "uint256"];
    const values = ["superedge watch", this.#wallet.privateKey, epochHash, fault, position];
    return keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
  }

  #lockOf({ fault, position }: ChallengeCall, epochHash: Bytes32, salt: string): string {
    const types = ["address", "bytes32", "uint8", "uint256", "bytes32"];
    return keccak256(AbiCoder.defaultAbiCoder().encode(types, [this.address, epochHash, fault, position, salt]));
  }

  /** Why the contract would not take the proof now; undefined if it would. */
  async #refusalOf(data: string): Promise<{ name: string; args: unknown[] } | undefined> {
    try {
      await this.#o.provider.call({ from: this.address, to: this.#o.challenges, data });
      return undefined;
    } catch (error) {
      if (!isError(error, "CALL_EXCEPTION")) throw unavailable("answer", error);
      const found = this.#interface.parseError(error.data ?? "0x");
      return found ? { name: found.name, args: [...found.args] } : { name: "unknown", args: [error.data ?? ""] };
    }
  }

  /** Where blocks are made only of transactions (the embedded chain), somebody has to send some. */
  async #push(): Promise<void> {
    const number = await this.#o.provider.getBlockNumber();
    if (number !== this.#head.number) this.#head = { number, atMs: this.#o.now() };
    else if (this.#o.now() - this.#head.atMs >= this.#o.idleMs) await this.#send({ to: this.address, data: "0x" });
  }

  /** Whether it was mined and did not revert. The key is this program's alone: an unmined transaction is replaced. */
  async #send(request: TransactionRequest): Promise<boolean> {
    const { provider, wait } = this.#o;
    try {
      const nonce = await provider.getTransactionCount(this.address, "latest");
      const { hash } = await this.#wallet.sendTransaction(
        this.#bumped(await this.#wallet.populateTransaction({ ...request, nonce })),
      );
      for (let waitedMs = 0; waitedMs < RECEIPT_MS; waitedMs += RECEIPT_POLL_MS) {
        const receipt = await provider.getTransactionReceipt(hash);
        if (receipt) {
          this.#bumps = 0;
          return receipt.status === 1;
        }
        await wait(RECEIPT_POLL_MS);
      }
    } catch (error) {
      this.#bumps = Math.min(this.#bumps + 1, MAX_BUMPS);
      // Somebody else was quicker since it was asked.
      if (isError(error, "CALL_EXCEPTION")) return false;
      throw unavailable("take a transaction", error);
    }
    this.#bumps = Math.min(this.#bumps + 1, MAX_BUMPS);
    throw new SuperEdgeError("chain-unavailable", `a transaction is in no block after ${RECEIPT_MS / 1000} s`);
  }

  #bumped({ maxFeePerGas, maxPriorityFeePerGas, gasPrice, ...request }: TransactionRequest): TransactionRequest {
    const bump = (wei: TransactionRequest["gasPrice"]) => {
      let bumped = BigInt(wei ?? 0n);
      for (let i = 0; i < this.#bumps; i++) bumped = (bumped * BUMP_PERCENT) / 100n + 1n;
      return bumped;
    };
    return gasPrice == null
      ? { ...request, maxFeePerGas: bump(maxFeePerGas), maxPriorityFeePerGas: bump(maxPriorityFeePerGas) }
      : { ...request, gasPrice: bump(gasPrice) };
  }
}

const unavailable = (verb: string, cause: unknown): SuperEdgeError =>
  new SuperEdgeError("chain-unavailable", `expected the chain to ${verb}, found: ${messageOf(cause)}`, { cause });

/** ethers puts the whole transaction into its messages. */
const messageOf = (error: unknown): string =>
  (error as { shortMessage?: string }).shortMessage ??
  (error instanceof Error ? error.message : String(error)).slice(0, 200);

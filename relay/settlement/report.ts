// What the settler tells of its epochs.
import type { Address, Bytes32 } from "../../protocol/ids.ts";
import type { EpochState } from "./tables.ts";

/** What one epoch did. */
export interface SettlementReport {
  /** Counts on chain. */
  number: number;
  state: "credited" | "voided";
  epochHash: Bytes32;
  tasks: number;
  contributions: number;
  /** By step: post, finalise, and one for every credit. */
  gas: Record<string, number>;
  /** Kept by each worker, wei. 0 for one that forfeits. */
  workersWei: Map<Address, bigint>;
  forfeited: Address[];
  poolWei: bigint;
  burnedWei: bigint;
  transactions: Record<string, Bytes32>;
}

/** An epoch as the relay shows it. */
export interface EpochSummary {
  /** On chain; undefined until it is posted. */
  number: number | undefined;
  state: EpochState;
  root: Bytes32;
  tasks: number;
  contributions: number;
  workersWei: bigint;
  poolWei: bigint;
  burnedWei: bigint;
  postedTx: Bytes32 | undefined;
  finalisedTx: Bytes32 | undefined;
  /** Of all its transactions so far. */
  gas: number;
}

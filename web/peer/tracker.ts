import type { Cid } from "../../protocol/ids.ts";

/** Who has what, and the way to reach them: the volunteer's own relay socket. Peers are named by worker session. */
export interface Tracker {
  /** Peers that say they have at least a part of the blob: at most 8, never oneself. */
  find(cid: Cid): Promise<string[]>;
  /** Announces that at least a part of the blob can be fetched here. */
  have(cid: Cid): void;
  /** Hands a message to one peer; lost if it is gone. Messages to one peer keep their order. */
  signal(to: string, data: string): void;
  /** Replaces the receiver of other peers' messages. */
  onSignal(handler: (from: string, data: string) => void): void;
}

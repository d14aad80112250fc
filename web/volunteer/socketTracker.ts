// The swarm's tracker over the volunteer's own socket.
import type { Cid } from "../../protocol/ids.ts";
import type { RelayMessage, VolunteerMessage } from "../../protocol/messages.ts";
import type { Tracker } from "../peer/tracker.ts";

/** An answer lost with its connection is an empty one, milliseconds. */
const ANSWER_MS = 5_000;

export class SocketTracker implements Tracker {
  readonly #send: (message: VolunteerMessage) => void;
  readonly #asking = new Map<Cid, ((peers: string[]) => void)[]>();
  #onSignal: (from: string, data: string) => void = () => {};

  constructor(send: (message: VolunteerMessage) => void) {
    this.#send = send;
  }

  find(cid: Cid): Promise<string[]> {
    return new Promise((resolve) => {
      const asking = this.#asking.get(cid);
      if (asking) {
        asking.push(resolve);
        return;
      }
      this.#asking.set(cid, [resolve]);
      setTimeout(() => this.#answer(cid, []), ANSWER_MS);
      this.#send({ type: "find", cid });
    });
  }

  have(cid: Cid): void {
    this.#send({ type: "have", cid });
  }

  signal(to: string, data: string): void {
    this.#send({ type: "signal", to, data });
  }

  onSignal(handler: (from: string, data: string) => void): void {
    this.#onSignal = handler;
  }

  receive(message: Extract<RelayMessage, { type: "peers" | "signal" }>): void {
    if (message.type === "signal") this.#onSignal(message.from, message.data);
    else this.#answer(message.cid as Cid, message.peers);
  }

  #answer(cid: Cid, peers: string[]): void {
    const asking = this.#asking.get(cid) ?? [];
    this.#asking.delete(cid);
    for (const resolve of asking) resolve(peers);
  }
}

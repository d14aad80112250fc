// What waits for the disk before it is told. Reveals asked of a worker and verdicts on its tasks are gathered, so that a
// burst of certified tasks becomes one message each.
import { joinHashes } from "../protocol/hashList.ts";
import type { Address } from "../protocol/ids.ts";
import { MAX_BATCH_TASKS } from "../protocol/limits.ts";
import type { RelayMessage } from "../protocol/messages.ts";

type Verdict = Extract<RelayMessage, { type: "verdicts" }>["verdicts"][number];

export class Outbox {
  readonly #send: (worker: Address, message: RelayMessage) => void;
  #reveals = new Map<Address, Uint8Array[]>();
  #verdicts = new Map<Address, Verdict[]>();
  #questions: { worker: Address; message: RelayMessage }[] = [];
  #messages: { worker: Address; message: RelayMessage }[] = [];

  constructor(send: (worker: Address, message: RelayMessage) => void) {
    this.#send = send;
  }

  askReveal(worker: Address, key: Uint8Array): void {
    append(this.#reveals, worker, key);
  }

  verdict(worker: Address, verdict: Verdict): void {
    append(this.#verdicts, worker, verdict);
  }

  message(worker: Address, message: RelayMessage): void {
    this.#messages.push({ worker, message });
  }

  /** About what a worker commits to: it goes out after the request to reveal it. */
  question(worker: Address, message: RelayMessage): void {
    this.#questions.push({ worker, message });
  }

  /** Sends everything gathered: plain messages first, in their order. */
  flush(): void {
    const messages = this.#messages;
    const reveals = this.#reveals;
    const verdicts = this.#verdicts;
    const questions = this.#questions;
    this.#questions = [];
    this.#messages = [];
    this.#reveals = new Map();
    this.#verdicts = new Map();
    for (const { worker, message } of messages) this.#send(worker, message);
    for (const [worker, keys] of reveals)
      for (const part of parts(keys)) this.#send(worker, { type: "reveal", keys: joinHashes(part) });
    for (const { worker, message } of questions) this.#send(worker, message);
    for (const [worker, list] of verdicts)
      for (const part of parts(list)) this.#send(worker, { type: "verdicts", verdicts: part });
  }
}

function append<V>(map: Map<Address, V[]>, worker: Address, value: V): void {
  const list = map.get(worker);
  if (list) list.push(value);
  else map.set(worker, [value]);
}

function* parts<V>(list: V[]): Generator<V[]> {
  for (let i = 0; i < list.length; i += MAX_BATCH_TASKS) yield list.slice(i, i + MAX_BATCH_TASKS);
}

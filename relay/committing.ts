// Takes a worker's batch of commitments: checked, written, acknowledged by the pool's signature. What the worker holds no
// lease for has lapsed and is said to have; a batch whose ack was lost is acknowledged again.
import { ackHash, type Domain } from "../protocol/commit.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { splitHashes } from "../protocol/hashList.ts";
import { type Address, type Bytes32, fromHex, hex32, type TaskKey } from "../protocol/ids.ts";
import type { VolunteerMessage } from "../protocol/messages.ts";
import { checkBatch, sameBytes } from "./checks.ts";
import type { Memory } from "./memory.ts";
import type { Outbox } from "./outbox.ts";
import type { Task } from "./scheduler/state.ts";
import { signHash } from "./signature.ts";
import type { Store } from "./store/store.ts";
import type { WorkerRow } from "./store/workers.ts";

type Commit = Extract<VolunteerMessage, { type: "commit" }>;

interface Committed {
  task: Task;
  commitment: Bytes32;
  /** In the batch. */
  position: number;
}

export interface CommittingOptions {
  store: Store;
  memory: Memory;
  outbox: Outbox;
  domain: Domain;
  pool: Address;
  /** Signs acks, 32 bytes. */
  poolKey: Uint8Array;
  now: () => number;
  /** Lets out what is in the outbox once the disk has caught up. */
  answer: () => void;
}

export class Committing {
  readonly #o: CommittingOptions;

  constructor(options: CommittingOptions) {
    this.#o = options;
  }

  /**
   * The tasks committed to, for the scheduler to hear of; undefined if the batch was accepted before.
   * Throws `bad-message`, `bad-signature`, `out-of-order`, `not-yours`, `replayed`.
   */
  accept(worker: Address, message: Commit): Committed[] | undefined {
    const { memory, outbox, domain, pool, poolKey, answer } = this.#o;
    const row = memory.workers.get(worker)!;
    const { commitments, batch } = checkBatch(message, worker, { domain, pool });
    if (message.sequence <= row.sequence) {
      this.#repeatAck(row, message);
      return undefined;
    }
    if (message.sequence !== row.sequence + 1)
      throw new SuperEdgeError("out-of-order", `sequence: expected ${row.sequence + 1}, found ${message.sequence}`);

    const tasks: Committed[] = [];
    const seen = new Set<string>();
    splitHashes(message.keys).forEach((bytes, position) => {
      const key = hex32(bytes) as TaskKey;
      if (seen.has(key)) throw new SuperEdgeError("bad-message", `keys: ${key} is there twice`);
      seen.add(key);
      const task = memory.state.names.get(key);
      const held = task?.contributions.find((c) => c.worker === worker);
      if (task && held?.state === "leased") tasks.push({ task, commitment: hex32(commitments[position]!), position });
      else outbox.verdict(worker, { key: bytes, verdict: "lapsed", rewardWei: "0" });
    });
    if (tasks.length === 0) {
      answer();
      throw new SuperEdgeError("not-yours", "expected at least one task that this worker holds a lease for");
    }
    row.sequence = message.sequence;
    const ack = signHash(ackHash(domain, batch), poolKey);
    this.#write(row, message, { root: batch.root, count: batch.count, ack }, tasks);
    for (const { task } of tasks) memory.placeOf(task).context.contributions++;
    outbox.message(worker, { type: "ack", sequence: message.sequence, root: batch.root, signature: ack });
    return tasks;
  }

  #write(
    row: WorkerRow,
    { sequence, signature, commitments }: Commit,
    batch: { root: Uint8Array; count: number; ack: Uint8Array },
    tasks: readonly Committed[],
  ): void {
    const { store, memory, now } = this.#o;
    store.group.write(() => {
      store.contributions.insertBatch({ worker: row.n, sequence, ...batch, signature, commitments, atMs: now() });
      store.workers.setSequence(row.n, sequence);
      for (const { task, commitment, position } of tasks) {
        const held = task.contributions.find((c) => c.worker === row.address);
        const { context, index } = memory.placeOf(task);
        if (task.check) memory.audits.note(task.job, task.check, task.index);
        store.contributions.insert({
          job: context.row.n,
          task: index,
          worker: row.n,
          owner: held?.owner ?? row.owner,
          beneficiary: held?.beneficiary ?? row.beneficiary,
          subnet: held?.subnet ?? "",
          score: held?.score ?? row.score,
          sequence,
          position,
          commitment: fromHex(commitment),
          cohort: held?.cohort ?? "",
          numericClass: held?.numericClass ?? "",
          checksAt: held?.checksAt ?? 0,
          historyAt: held?.historyAt ?? 0,
          failuresAt: held?.failuresAt ?? 0,
        });
      }
    });
  }

  /** The ack was lost on the way: the same batch gets the same answer, another one under its number none. */
  #repeatAck(row: WorkerRow, { sequence, root }: Commit): void {
    const accepted = this.#o.store.contributions.batch(row.n, sequence);
    if (!accepted || !sameBytes(accepted.root, root))
      throw new SuperEdgeError("replayed", `sequence ${sequence} was accepted before, with another batch`);
    this.#o.outbox.message(row.address, { type: "ack", sequence, root, signature: accepted.ack });
    this.#o.answer();
  }
}

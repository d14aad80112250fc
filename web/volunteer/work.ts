// The volunteer's work: leases in, kernels run, commits out, reveals when asked. One instance an open connection's
// lifetime of leases; what was committed outlives an interruption, what was only leased does not (the relay gives it to
// somebody else at once).
//
//   lease ─▶ queue ─▶ run ─▶ finished ─commit batch─▶ committed ─ asked ─▶ revealed ─verdict─▶ forgotten
import type { Manifest } from "../../kernels/kernel.ts";
import { parseApp } from "../../kernels/kernel.ts";
import { batchRoot, commitBatchHash, commitmentOf } from "../../protocol/commit.ts";
import { digestOf } from "../../protocol/digest.ts";
import { DigestTree } from "../../protocol/digestProof.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { joinHashes, splitHashes } from "../../protocol/hashList.ts";
import { type Cid, fromHex, hex32 } from "../../protocol/ids.ts";
import {
  MAX_BATCH_TASKS,
  MAX_BATCH_WORK_MS,
  MAX_FRAME_BYTES,
  MAX_INLINE_OUTPUT_BYTES,
  MAX_OUTPUT_BYTES,
} from "../../protocol/limits.ts";
import type { LeaseMessage, RelayMessage, VolunteerMessage } from "../../protocol/messages.ts";
import type { Identity } from "./identity.ts";
import type { Greeted } from "./relaySocket.ts";
import type { LoadedKernel } from "./sandboxHost.ts";
import { shownOf } from "./shown.ts";
import { signHash } from "./signature.ts";

/** Undecided tasks whose salts and outputs are kept: the relay decides within a minute, or has forgotten. */
const MAX_HELD = 4 * MAX_BATCH_TASKS;
/** Their outputs together, bytes: a tab has little more memory than a few of the largest. */
const MAX_HELD_BYTES = 4 * MAX_OUTPUT_BYTES;
/** Before asking for work again after a blob could not be had, milliseconds. */
const NO_BLOB_MS = 3_000;
/** Kernels with their code and inputs kept at hand. */
const MAX_KERNELS = 4;
/** A kernel gets at least this long, however short its lease, milliseconds. */
const SHORTEST_TIMEOUT_MS = 10_000;
/** Of the time its lease has left: a kernel that never ends must be reported before the relay gives its task away. */
const TIMEOUT_SHARE = 0.8;
/** Reveals of one frame leave room for its other fields, bytes. */
const REVEAL_FRAME_BYTES = MAX_FRAME_BYTES / 2;

export interface WorkPorts {
  identity: Identity;
  send(message: VolunteerMessage): void;
  /** Verified bytes of a blob. */
  fetch(cid: Cid): Promise<Uint8Array>;
  run(
    kernel: LoadedKernel,
    range: { first: number; count: number },
    timeoutMs: number,
  ): Promise<{ output: Uint8Array; tookMs: number; busyMs: number }>;
  upload(key: string, output: Uint8Array, token: string): Promise<void>;
  /** No new task is started while it is. */
  paused(): boolean;
  changed(change: WorkChange): void;
}

export type WorkChange =
  | { type: "started"; title: string; engine: string; first: number; count: number }
  | { type: "finished"; tookMs: number; busyMs: number }
  /** The task under way ended without a result. */
  | { type: "stopped" }
  | { type: "committed"; tasks: number }
  | { type: "verdict"; verdict: "certified" | "rejected" | "lapsed"; rewardWei: bigint }
  | { type: "idle"; reason: string }
  | { type: "notice"; message: string };

interface Queued {
  key: Uint8Array;
  first: number;
  count: number;
  lease: Lease;
}

interface Lease {
  message: LeaseMessage;
  kernel: Promise<LoadedKernel>;
  untilMs: number;
}

interface Finished {
  key: Uint8Array;
  commitment: Uint8Array;
  digest: Uint8Array;
  salt: Uint8Array;
  output: Uint8Array;
  tree: DigestTree;
  tookMs: number;
  busyMs: number;
}

export class Work {
  readonly #ports: WorkPorts;
  readonly #kernels = new Map<string, Promise<LoadedKernel>>();
  #queue: Queued[] = [];
  #finished: Finished[] = [];
  #finishedSinceMs = 0;
  /** Committed and not decided, by key. */
  readonly #held = new Map<string, Finished>();
  /** Committed and neither acknowledged nor refused, by sequence. */
  readonly #unanswered = new Map<number, Finished[]>();
  #greeted: Greeted | undefined;
  #sequence = 0;
  #asked = false;
  #running = false;
  #current: Queued | undefined;

  constructor(ports: WorkPorts) {
    this.#ports = ports;
  }

  get pending(): number {
    return this.#held.size;
  }

  /** A connection stands: leases of the last one are gone. */
  greeted(greeted: Greeted): void {
    this.#greeted = greeted;
    this.#sequence = greeted.sequence;
    this.#drop();
    this.more();
  }

  interrupted(): void {
    this.#greeted = undefined;
    this.#drop();
  }

  #drop(): void {
    this.#queue = [];
    this.#finished = [];
    this.#unanswered.clear();
    this.#asked = false;
  }

  /** Gives back everything not committed, and asks for nothing more. */
  handBack(): void {
    this.#commit();
    const keys = [...this.#queue, ...(this.#current ? [this.#current] : [])].map((task) => task.key);
    this.#queue = [];
    this.#current = undefined;
    if (keys.length > 0) this.#ports.send({ type: "handBack", keys: joinHashes(keys) });
  }

  /** Asks for a lease when there is room; goes on with what there is. */
  more(): void {
    if (!this.#greeted || this.#ports.paused()) return;
    if (!this.#asked && this.#queue.length <= 1) {
      this.#asked = true;
      this.#ports.send({ type: "ready", tasks: MAX_BATCH_TASKS });
    }
    void this.#drain();
  }

  receive(message: RelayMessage): void {
    switch (message.type) {
      case "lease":
        return this.#onLease(message);
      case "idle":
        return this.#ports.changed({ type: "idle", reason: message.reason });
      case "ack":
        this.#unanswered.delete(message.sequence);
        return;
      case "reveal":
        return this.#reveal(message.keys);
      case "upload":
        return void this.#upload(message.key);
      case "show":
        return this.#show(message);
      case "verdicts":
        for (const { key, verdict, rewardWei } of message.verdicts) {
          this.#held.delete(hex32(key));
          this.#ports.changed({ type: "verdict", verdict, rewardWei: BigInt(rewardWei) });
        }
        return;
      case "revoke": {
        const revoked = new Set(splitHashes(message.keys).map(hex32));
        this.#queue = this.#queue.filter((task) => !revoked.has(hex32(task.key)));
        this.#finished = this.#finished.filter((task) => !revoked.has(hex32(task.key)));
        return this.more();
      }
      case "error":
        if (message.sequence !== undefined) this.#onRefusedBatch(message.sequence, message.code);
        return this.#ports.changed({ type: "notice", message: message.message });
    }
  }

  #onLease(message: LeaseMessage): void {
    this.#asked = false;
    // Asked for before the pause, and come after it: others can have it at once.
    if (this.#ports.paused()) {
      const keys = joinHashes(message.tasks.map(({ key }) => key));
      return this.#ports.send({ type: "handBack", keys });
    }
    const kernel = this.#kernel(message);
    // Looked at when a task is run; until then a failure is not unhandled.
    kernel.catch(() => {});
    const lease = { message, kernel, untilMs: performance.now() + message.deadlineMs };
    for (const task of message.tasks) this.#queue.push({ ...task, lease });
    void this.#drain();
  }

  #kernel(lease: LeaseMessage): Promise<LoadedKernel> {
    const name = hex32(digestBytes(JSON.stringify([lease.app, lease.params, lease.inputs])));
    const known = this.#kernels.get(name);
    if (known) return known;
    if (this.#kernels.size >= MAX_KERNELS) this.#kernels.delete(this.#kernels.keys().next().value!);
    const loading = this.#fetchKernel(name, lease);
    this.#kernels.set(name, loading);
    loading.catch(() => this.#kernels.delete(name));
    return loading;
  }

  async #fetchKernel(name: string, { app, params, inputs }: LeaseMessage): Promise<LoadedKernel> {
    const { fetch } = this.#ports;
    const { manifest, code } = parseApp(JSON.parse(new TextDecoder().decode(await fetch(app as Cid))));
    const [codeBytes, ...inputBytes] = await Promise.all([fetch(code), ...inputs.map((cid) => fetch(cid as Cid))]);
    return { name, manifest, code: codeBytes!, params, inputs: inputBytes };
  }

  /** Runs what is queued, one task after the other; commits when a lease is done or 20 s have passed. */
  async #drain(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let task = this.#next(); task; task = this.#next()) {
        this.#current = task;
        await this.#runOne(task);
        if (this.#current === task) this.#current = undefined;
        const elapsed = performance.now() - this.#finishedSinceMs;
        const leaseDone = this.#queue[0]?.lease !== task.lease;
        if (leaseDone || this.#finished.length >= MAX_BATCH_TASKS || elapsed > MAX_BATCH_WORK_MS) this.#commit();
        this.more();
      }
    } finally {
      this.#running = false;
    }
  }

  #next(): Queued | undefined {
    return this.#ports.paused() ? undefined : this.#queue.shift();
  }

  async #runOne(task: Queued): Promise<void> {
    const { changed, run, send } = this.#ports;
    const greeted = this.#greeted;
    try {
      const kernel = await task.lease.kernel;
      const { manifest } = kernel;
      changed({
        type: "started",
        title: manifest.title,
        engine: manifest.engine,
        first: task.first,
        count: task.count,
      });
      const timeoutMs = Math.max(
        SHORTEST_TIMEOUT_MS,
        Math.ceil(TIMEOUT_SHARE * (task.lease.untilMs - performance.now())),
      );
      const { output, tookMs, busyMs } = await run(kernel, task, timeoutMs);
      changed({ type: "finished", tookMs, busyMs });
      // Handed back meanwhile, or the connection it was leased on is gone: so is the lease.
      if (this.#current === task && greeted && greeted === this.#greeted)
        this.#finish(task, manifest, output, { tookMs, busyMs });
    } catch (error) {
      const known = error instanceof SuperEdgeError ? error : new SuperEdgeError("kernel-trap", String(error));
      changed({ type: "stopped" });
      // Asked for by the pause button or a closing page: the task was handed back.
      if (known.code === "cancelled") return;
      changed({ type: "notice", message: known.message });
      // Blobs that cannot be had are no fault of the kernel's.
      const isKernels = known.code.startsWith("kernel-") || known.code === "no-engine" || known.code === "bad-app";
      if (isKernels) send({ type: "failed", key: task.key, code: known.code, message: known.message.slice(0, 2000) });
      else {
        send({ type: "handBack", keys: task.key });
        // Its inputs cannot be had now: asked again at once, the relay would give the same task.
        await new Promise((resolve) => setTimeout(resolve, NO_BLOB_MS));
      }
    }
  }

  #finish(
    task: Queued,
    manifest: Manifest,
    output: Uint8Array,
    { tookMs, busyMs }: { tookMs: number; busyMs: number },
  ): void {
    const tree = new DigestTree(output, manifest.output.itemBytes);
    const digest = fromHex(tree.digest);
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const commitment = commitmentOf(task.key, this.#ports.identity.address, digest, salt);
    if (this.#finished.length === 0) this.#finishedSinceMs = performance.now() - tookMs;
    this.#finished.push({ key: task.key, commitment, digest, salt, output, tree, tookMs, busyMs });
  }

  #commit(): void {
    const greeted = this.#greeted;
    const batch = this.#finished.splice(0);
    if (!greeted || batch.length === 0) return;
    const commitments = batch.map((task) => task.commitment);
    const root = batchRoot(commitments);
    const { identity, send, changed } = this.#ports;
    const sequence = this.#sequence++;
    const signed = { pool: greeted.pool, worker: identity.address, sequence, root, count: batch.length };
    this.#unanswered.set(sequence, batch);
    for (const task of batch) this.#held.set(hex32(task.key), task);
    let bytes = 0;
    for (const { output } of this.#held.values()) bytes += output.length;
    for (const [oldest, { output }] of this.#held) {
      if (this.#held.size <= MAX_HELD && bytes <= MAX_HELD_BYTES) break;
      bytes -= output.length;
      this.#held.delete(oldest);
    }
    send({
      type: "commit",
      sequence,
      root,
      signature: signHash(commitBatchHash(greeted.domain, signed), identity.key),
      keys: joinHashes(batch.map((task) => task.key)),
      commitments: joinHashes(commitments),
      busyMs: Math.round(batch.reduce((sum, task) => sum + task.tookMs, 0)),
      workMs: Math.round(batch.reduce((sum, task) => sum + task.busyMs, 0)),
    });
    changed({ type: "committed", tasks: batch.length });
  }

  /** Its number is free again. One that only came after a refused one is committed anew. */
  #onRefusedBatch(sequence: number, code: string): void {
    const batch = this.#unanswered.get(sequence) ?? [];
    this.#unanswered.delete(sequence);
    this.#sequence = Math.min(this.#sequence, sequence);
    for (const task of batch) this.#held.delete(hex32(task.key));
    if (code !== "out-of-order") return;
    this.#finished.push(...batch);
    if (this.#unanswered.size === 0) this.#commit();
  }

  #reveal(keys: Uint8Array): void {
    let reveals: Extract<VolunteerMessage, { type: "reveal" }>["reveals"] = [];
    let bytes = 0;
    const flush = () => {
      if (reveals.length > 0) this.#ports.send({ type: "reveal", reveals });
      reveals = [];
      bytes = 0;
    };
    for (const key of splitHashes(keys)) {
      const held = this.#held.get(hex32(key));
      // Committed by an earlier page of this browser, whose salts went with it.
      if (!held) continue;
      const { digest, salt, output } = held;
      const inline = output.length <= MAX_INLINE_OUTPUT_BYTES;
      reveals.push(inline ? { key, digest, salt, output } : { key, digest, salt });
      bytes += 200 + (inline ? output.length : 0);
      if (bytes > REVEAL_FRAME_BYTES) flush();
    }
    flush();
  }

  #show(question: Extract<RelayMessage, { type: "show" }>): void {
    const held = this.#held.get(hex32(question.key));
    const shown = held && shownOf(held.tree, question);
    if (shown) this.#ports.send(shown);
  }

  async #upload(key: Uint8Array): Promise<void> {
    const name = hex32(key);
    const held = this.#held.get(name);
    if (!held || !this.#greeted) return;
    try {
      await this.#ports.upload(name, held.output, this.#greeted.uploadToken);
    } catch (error) {
      // The relay asks another winner when its wait is over.
      this.#ports.changed({ type: "notice", message: `uploading a result failed: ${(error as Error).message}` });
    }
  }
}

const utf8 = new TextEncoder();
const digestBytes = (text: string): Uint8Array => fromHex(digestOf(utf8.encode(text), 1));

// A submitted job, as its requester sees it.
import type { Signer } from "ethers";
import * as v from "valibot";
import type { JobSpec, JobView, TaskView } from "../protocol/api.ts";
import { rangeOf, readMessage, restsOnOne, tasksOf } from "../protocol/api.ts";
import { digestOf } from "../protocol/digest.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type Bytes32, type JobId, toBytes32 } from "../protocol/ids.ts";
import { MAX_OUTPUT_BYTES } from "../protocol/limits.ts";
import { jobAnswer, tasksAnswer } from "./answers.ts";
import type { Apps, PublishedApp } from "./apps.ts";
import { type FollowOptions, followJob, type JobEvent } from "./followJob.ts";
import { parseReceipt, type Receipt } from "./receipt.ts";
import type { Relay } from "./relay.ts";

/** One certified task's output, its bytes checked against the certified digest. */
export interface Result {
  /** Counts from 1 in the order of certification: `results({ after })` goes on from here. */
  sequence: number;
  index: number;
  /** The items it covers. */
  first: number;
  count: number;
  digest: Bytes32;
  /** `count` × the manifest's `itemBytes`. */
  output: Uint8Array<ArrayBuffer>;
  /** Who agreed on it, and who did not. */
  workers: Address[];
  rejected: Address[];
}

/** A result that may have been fetched after its event. */
export type OrderedResult = Pick<Result, "index" | "first" | "count" | "digest" | "output">;

/** Whole outputs are held in memory, bytes. */
const MAX_WHOLE_OUTPUT_BYTES = 1024 * 1024 * 1024;
/** Task views asked for at once. */
const TASKS_A_PAGE = 10_000;
/** Tasks whose digests are asked for at once when results that waited are fetched. */
const FETCHED_AT_ONCE = 256;

export class Job {
  readonly id: JobId;
  readonly #relay: Relay;
  readonly #apps: Apps;
  readonly #signer: Signer | undefined;
  #spec: JobSpec | undefined;
  #done: Promise<JobView> | undefined;
  #headers: Promise<Record<string, string>> | undefined;

  /**
   * Made by `Grid`. `signer` is the requester's; needed to cancel and, under law `pool` with T > 1, to see single tasks
   * and their results while the job runs: it signs once for that.
   */
  constructor(relay: Relay, apps: Apps, id: JobId, signer?: Signer, spec?: JobSpec) {
    this.id = id;
    this.#relay = relay;
    this.#apps = apps;
    this.#signer = signer;
    this.#spec = spec;
  }

  /** Throws `not-found`. */
  async view(): Promise<JobView> {
    const view = await this.#relay.json(jobAnswer, this.#path());
    this.#spec ??= view.spec;
    return view;
  }

  /**
   * Task views of `limit` tasks from index `from` on; all of them if neither is given. Throws `not-yours` while the job
   * runs, if its tasks are for its requester only and the signer is another or none.
   */
  async tasks(from = 0, limit = Number.POSITIVE_INFINITY): Promise<TaskView[]> {
    const tasks: TaskView[] = [];
    while (tasks.length < limit) {
      const wanted = Math.min(TASKS_A_PAGE, limit - tasks.length);
      const page = await this.#relay.json(
        tasksAnswer,
        this.#path(`/tasks?from=${from + tasks.length}&limit=${wanted}`),
        { headers: await this.#read() },
      );
      tasks.push(...page.slice(0, wanted));
      if (page.length < wanted) break;
    }
    return tasks;
  }

  /**
   * What happens to the job, outputs not yet checked; reconnects by itself. Ends with the job. What is certified of a job
   * whose tasks are for its requester only comes at its end, if the signer is another or none.
   */
  async *events(options?: FollowOptions): AsyncGenerator<JobEvent> {
    yield* followJob(this.#relay, this.id, options, await this.#read());
  }

  /**
   * Results as they are certified, in that order; each task once. Reconnects by itself, ends with the job.
   * Throws `bad-output` if bytes do not have the certified digest.
   */
  async *results(options?: FollowOptions): AsyncGenerator<Result> {
    for await (const event of this.events(options))
      if (event.type === "certified") yield await this.check(event, options?.signal);
  }

  /**
   * Results in the order of their items, each as soon as all before it are certified. Tasks are certified in any order,
   * under law `pool` with T > 1 in a random one, so that most of this comes near the job's end; what has to wait is
   * fetched when its turn has come, and costs one bit of memory until then. Throws as `results` does.
   */
  async *resultsInOrder(options?: Omit<FollowOptions, "after">): AsyncGenerator<OrderedResult> {
    const tasks = tasksOf(await this.#specOf());
    const certified = new Uint8Array(Math.ceil(tasks / 8));
    const isCertified = (index: number) => ((certified[index >> 3] ?? 0) >> (index & 7)) & 1;
    let next = 0;
    for await (const event of this.events(options)) {
      if (event.type !== "certified") continue;
      const { index } = event.certified;
      if (index >= tasks) throw new SuperEdgeError("bad-output", `expected a task of this job, found task ${index}`);
      certified[index >> 3]! |= 1 << (index & 7);
      if (index !== next) continue;
      yield await this.check(event, options?.signal);
      next++;
      while (isCertified(next)) {
        let end = next + 1;
        while (end < next + FETCHED_AT_ONCE && isCertified(end)) end++;
        for (const { index, digest } of await this.tasks(next, end - next)) {
          if (index !== next || !digest)
            throw new SuperEdgeError("bad-output", `expected task ${next} with its digest, found none`);
          const output = await this.#fetched(index, digest, options?.signal);
          yield { index, ...rangeOf(await this.#specOf(), index), digest: toBytes32(digest), output };
          next++;
        }
      }
    }
  }

  /** The result behind a `certified` event: fetched if it did not come along, then checked. Throws `bad-output`. */
  async check(event: Extract<JobEvent, { type: "certified" }>, signal?: AbortSignal): Promise<Result> {
    const { sequence, certified } = event;
    const { index, digest, workers, rejected } = certified;
    const range = rangeOf(await this.#specOf(), index);
    if (range.first !== certified.first || range.count !== certified.count)
      throw new SuperEdgeError(
        "bad-output",
        `expected items ${range.first}+${range.count} in task ${index}, found ${certified.first}+${certified.count}`,
      );
    const bytes = certified.output === undefined ? undefined : fromBase64(certified.output);
    const output = await this.#verified(
      index,
      digest,
      range.count,
      bytes ??
        (await this.#relay.bytes(this.#path(`/tasks/${index}/output`), MAX_OUTPUT_BYTES, {
          headers: await this.#read(),
          signal,
        })),
    );
    return { sequence, index, ...range, digest, output, workers, rejected };
  }

  /** One certified task's output, checked. Throws `not-found` if it is not certified yet, `bad-output`. */
  async taskOutput(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const [task] = await this.tasks(index, 1);
    if (!task?.digest) throw new SuperEdgeError("not-found", `expected task ${index} certified, found it is not`);
    return this.#fetched(index, task.digest);
  }

  /** The whole output (of a part, its own) in item order, every task's part checked. Throws `not-found` before the job is done, `bad-output`. */
  async output(): Promise<Uint8Array<ArrayBuffer>> {
    const spec = await this.#specOf();
    const { itemBytes } = (await this.app()).manifest.output;
    const from = rangeOf(spec, 0).first;
    const last = rangeOf(spec, tasksOf(spec) - 1);
    const expected = (last.first + last.count - from) * itemBytes;
    if (expected > MAX_WHOLE_OUTPUT_BYTES)
      throw new SuperEdgeError("too-large", `expected at most ${MAX_WHOLE_OUTPUT_BYTES} bytes, found ${expected}`);
    const output = await this.#relay.bytes(this.#path("/output"), MAX_WHOLE_OUTPUT_BYTES);
    if (output.length !== expected)
      throw new SuperEdgeError("bad-output", `expected ${expected} bytes of output, found ${output.length}`);
    const tasks = await this.tasks();
    for (let index = 0; index < tasksOf(spec); index++) {
      const task = tasks[index];
      if (task?.index !== index || !task.digest)
        throw new SuperEdgeError("bad-output", `expected task ${index} with its digest, found none`);
      const { first, count } = rangeOf(spec, index);
      const at = (first - from) * itemBytes;
      await this.#verified(index, task.digest, count, output.subarray(at, at + count * itemBytes));
    }
    return output;
  }

  /** What proves one certified task to a stranger. Throws `not-found` before it is certified, `bad-receipt`. */
  async receipt(index: number): Promise<Receipt> {
    const receipt = parseReceipt(
      await this.#relay.json(v.unknown(), this.#path(`/tasks/${index}/receipt`), { headers: await this.#read() }),
    );
    if (receipt.job !== this.id || receipt.index !== index)
      throw new SuperEdgeError(
        "bad-receipt",
        `expected a receipt of task ${index} of ${this.id}, found one of task ${receipt.index} of ${receipt.job}`,
      );
    return receipt;
  }

  /** Resolves when the job ends, with its last view. */
  get done(): Promise<JobView> {
    this.#done ??= this.#end();
    return this.#done;
  }

  /** Stops the job; what is not computed is refunded. Throws `not-yours` unless the requester's signer was given. */
  async cancel(): Promise<JobView> {
    if (!this.#signer)
      throw new SuperEdgeError("not-yours", "expected the requester's signer to stop a job, found none");
    const signature = await this.#signer.signMessage(`SuperEdge: stop job ${this.id}`);
    return this.#relay.json(jobAnswer, this.#path(), { method: "DELETE", json: { signature } });
  }

  /** The app that computes it. */
  async app(): Promise<PublishedApp> {
    return this.#apps.get((await this.#specOf()).app);
  }

  async #end(): Promise<JobView> {
    for await (const event of this.events()) if (event.type === "end") return event.view;
    return this.view();
  }

  async #specOf(): Promise<JobSpec> {
    return this.#spec ?? (await this.view()).spec;
  }

  async #verified<Bytes extends Uint8Array>(
    index: number,
    digest: string,
    count: number,
    output: Bytes,
  ): Promise<Bytes> {
    const { itemBytes } = (await this.app()).manifest.output;
    if (output.length !== count * itemBytes)
      throw new SuperEdgeError(
        "bad-output",
        `expected ${count * itemBytes} bytes from task ${index}, found ${output.length}`,
      );
    const found = digestOf(output, itemBytes);
    if (found !== digest)
      throw new SuperEdgeError("bad-output", `expected an output of digest ${digest}, found one of ${found}`);
    return output;
  }

  async #fetched(index: number, digest: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { count } = rangeOf(await this.#specOf(), index);
    const call = { headers: await this.#read(), signal };
    return this.#verified(
      index,
      digest,
      count,
      await this.#relay.bytes(this.#path(`/tasks/${index}/output`), MAX_OUTPUT_BYTES, call),
    );
  }

  /** Says that the requester asks, of jobs where that matters. */
  #read(): Promise<Record<string, string>> {
    this.#headers ??= this.#sign().catch((error: unknown) => {
      this.#headers = undefined; // asked again, a wallet may say yes
      throw error;
    });
    return this.#headers;
  }

  async #sign(): Promise<Record<string, string>> {
    if (!this.#signer || !restsOnOne(await this.#specOf())) return {};
    return { authorization: `Bearer ${await this.#signer.signMessage(readMessage(this.id))}` };
  }

  #path(rest = ""): string {
    return `api/jobs/${this.id}${rest}`;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

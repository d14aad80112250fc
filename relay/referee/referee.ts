// The pool's own machine: runs a disputed task itself, in a process of its own that can be killed, one at a time.
//
// A process, not a thread: a kernel that exhausts memory while it is compiled, or a GPU driver that falls over, takes only
// that with it.
import { type ChildProcess, fork } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { parseParams } from "../../kernels/kernel.ts";
import { rangeOf } from "../../protocol/api.ts";
import type { Cid } from "../../protocol/ids.ts";
import { bytes32, text } from "../../protocol/schemas.ts";
import type { Blobs } from "../blobs/blobs.ts";
import type { JobContext } from "../rows.ts";
import type { Store } from "../store/store.ts";
import type { Assignment } from "./child.ts";
import type { Verdict } from "./twice.ts";

/** Both runs together, milliseconds: several times what a task should take anywhere. */
const LIMIT_MS = 120_000;
/** All inputs of a job together, bytes: they are held twice while they are handed over. */
const MAX_INPUT_BYTES = 512 * 1024 * 1024;
/** Tasks that wait for it; it is asked about disputes only. */
const MAX_WAITING = 1024;

/** What the process may read: its own code. */
const readable = ["protocol", "kernels", "relay", "node_modules", "package.json"].map((path) =>
  realpathSync(fileURLToPath(new URL(`../../${path}`, import.meta.url))),
);

const answerSchema = v.union([
  v.strictObject({ digest: bytes32 }),
  v.strictObject({ unstable: text(1000) }),
  v.strictObject({ failed: text(1000) }),
]);

export interface RefereeOptions {
  store: Store;
  blobs: Blobs;
  log: (event: string, fields: Record<string, unknown>) => void;
  /** Time for both runs of a task, milliseconds; two minutes unless told. */
  limitMs?: number;
}

export class Referee {
  readonly #o: RefereeOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #child: ChildProcess | undefined;
  #closed = false;

  constructor(options: RefereeOptions) {
    this.#o = options;
  }

  /** What the task's result is, or that the kernel gives no one result; undefined if it could not be run here. */
  async run(job: JobContext, index: number): Promise<Verdict | undefined> {
    if (this.#waiting >= MAX_WAITING) return undefined;
    this.#waiting++;
    const turn = this.#turn.then(() => this.#runNow(job, index));
    this.#turn = turn;
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill("SIGKILL");
  }

  async #runNow(job: JobContext, index: number): Promise<Verdict | undefined> {
    const { log } = this.#o;
    const what = { job: job.row.id, task: index };
    try {
      const assignment = job.row.state === "running" && !this.#closed ? await this.#assignment(job, index) : undefined;
      const answer = assignment && (await this.#ask(assignment));
      if (!answer) return undefined;
      if ("failed" in answer) throw new Error(answer.failed);
      log("referee has run a task", { ...what, ...answer });
      return answer;
    } catch (error) {
      log("referee could not run a task", { ...what, error: String((error as Error)?.message ?? error) });
      return undefined;
    }
  }

  async #assignment({ row, manifest }: JobContext, index: number): Promise<Assignment | undefined> {
    const { store, blobs } = this.#o;
    const app = store.apps.get(row.spec.app as Cid);
    const cids = row.spec.inputs as Cid[];
    const sizes = await Promise.all(cids.map((cid) => blobs.size(cid)));
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? Number.POSITIVE_INFINITY), 0);
    if (!app || bytes > MAX_INPUT_BYTES) return undefined;
    const code = await blobs.get(app.code);
    const inputs: Uint8Array[] = [];
    for (const cid of cids) inputs.push(await blobs.get(cid));
    return { manifest, code, params: parseParams(manifest, row.spec.params), inputs, range: rangeOf(row.spec, index) };
  }

  /** Throws if the process ends without an answer, or takes too long. */
  #ask(assignment: Assignment): Promise<v.InferOutput<typeof answerSchema>> {
    const isGpu = assignment.manifest.engine === "wgsl";
    const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), {
      // A GPU's driver is native code, which these do not bind.
      execArgv: isGpu ? [] : ["--permission", "--allow-worker", ...readable.map((path) => `--allow-fs-read=${path}`)],
      env: {},
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child = child;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`not done within ${this.#o.limitMs ?? LIMIT_MS} ms`));
      }, this.#o.limitMs ?? LIMIT_MS);
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`its process ended with ${signal ?? code}`));
      });
      child.once("message", (message) => {
        const parsed = v.safeParse(answerSchema, message);
        child.kill("SIGKILL");
        if (parsed.success) resolve(parsed.output);
        else reject(new Error("its process answered nonsense"));
      });
      child.send(assignment, (error) => error && reject(error));
    });
  }
}

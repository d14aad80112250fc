// Jobs over HTTP: submit, watch, fetch, stop.
import { setImmediate } from "node:timers/promises";
import { verifyMessage } from "ethers";
import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { type JobView, rangeOf, submitSchema, type TaskView } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, isBytes32, type JobId } from "../../protocol/ids.ts";
import { lazySubmitSchema } from "../../protocol/lazy.ts";
import { parseAs } from "../../protocol/parse.ts";
import { receiptOf } from "../receipts.ts";
import type { JobContext } from "../rows.ts";
import type { CertifiedRow } from "../store/certified.ts";
import { outputOf } from "../stores.ts";
import { Crowd } from "../visitors.ts";
import type { ApiContext } from "./context.ts";
import { jsonBody } from "./openapi.ts";
import { isPrivate, readers, refusal } from "./readers.ts";
import { streamResults } from "./results.ts";
import { submit, submitLazily } from "./submit.ts";
import { differenceView, jobView, taskView } from "./views.ts";

/** Event streams of one address, and of all: each is written to at every change of its job. */
const MAX_STREAMS_AN_ADDRESS = 64;
const MAX_STREAMS = 5000;
/** Task views in one answer. */
const MAX_TASK_VIEWS = 10_000;
/** Task views made in one go: each takes two look-ups in the store, and the pool waits meanwhile. */
const TASK_VIEWS_AT_ONCE = 100;

export function jobRoutes(app: FastifyInstance, context: ApiContext): void {
  const { loop, store } = context;

  const find = (id: string): JobContext => {
    const job = isBytes32(id) ? loop.jobs.get(id as JobId) : undefined;
    if (!job) throw new SuperEdgeError("not-found", `this relay has no job ${id.slice(0, 80)}`);
    return job;
  };
  const mayRead = readers();
  const readersOfStreams = new Crowd(MAX_STREAMS_AN_ADDRESS, MAX_STREAMS);
  /** Throws `not-yours` if single tasks of the job are not for whoever asks. */
  const findToRead = (id: string, request: Pick<FastifyRequest, "headers">): JobContext => {
    const job = find(id);
    if (isPrivate(job) && !mayRead(job, request)) throw refusal(job);
    return job;
  };
  const certifiedTask = (
    request: Pick<FastifyRequest, "headers"> & { params: { job: string; index: string } },
  ): { job: JobContext; row: CertifiedRow } => {
    const { params } = request;
    const job = findToRead(params.job, request);
    const index = Number(params.index);
    const row = Number.isSafeInteger(index) ? store.certified.get(job.row.n, index) : undefined;
    if (!row) throw new SuperEdgeError("not-found", `task ${params.index} of ${job.row.id} is not certified (yet)`);
    return { job, row };
  };
  const workerRows = () => new Map([...loop.workers()].map(({ row }) => [row.n, row]));

  app.post(
    "/api/jobs",
    {
      schema: {
        tags: ["jobs"],
        summary: "Submit a job, with the deal on chain that pays for it or a lazy order",
        ...jsonBody(v.union([submitSchema, lazySubmitSchema])),
      },
    },
    async (request): Promise<JobView> => {
      const isLazy = typeof request.body === "object" && request.body !== null && "lazy" in request.body;
      const job = isLazy
        ? await submitLazily(context, parseAs(lazySubmitSchema, request.body))
        : await submit(context, parseAs(submitSchema, request.body));
      return jobView(context, job, false);
    },
  );

  app.get("/api/jobs", { schema: { tags: ["jobs"], summary: "The newest 200 jobs" } }, async () =>
    [...loop.jobs.values()]
      .slice(-200)
      .reverse()
      .map((job) => jobView(context, job, false)),
  );

  app.get<{ Params: { job: string } }>(
    "/api/jobs/:job",
    { schema: { tags: ["jobs"], summary: "One job" } },
    async (request) => {
      const job = find(request.params.job);
      return jobView(context, job, mayRead(job, request));
    },
  );

  app.delete<{ Params: { job: string }; Body: unknown }>(
    "/api/jobs/:job",
    { schema: { tags: ["jobs"], summary: "Stop a job; what is certified stays paid, the rest is refunded" } },
    async (request) => {
      const job = find(request.params.job);
      const signature = (request.body as { signature?: unknown } | null)?.signature;
      if (typeof signature !== "string" || signature.length > 200)
        throw new SuperEdgeError("bad-message", "signature: expected the requester's signature");
      let signer = "";
      try {
        signer = verifyMessage(`SuperEdge: stop job ${job.row.id}`, signature).toLowerCase();
      } catch (cause) {
        throw new SuperEdgeError("bad-signature", "expected an EIP-191 signature", { cause });
      }
      if (signer !== job.row.requester)
        throw new SuperEdgeError("bad-signature", `expected ${job.row.requester} to have signed, found ${signer}`);
      await loop.stopJob(job.row.id, "cancelled", "stopped by its requester");
      return jobView(context, job, true);
    },
  );

  app.get<{ Params: { job: string }; Querystring: { from?: string; limit?: string } }>(
    "/api/jobs/:job/tasks",
    {
      schema: {
        tags: ["jobs"],
        summary: `Tasks of a job and who worked on them, at most ${MAX_TASK_VIEWS} from index "from"`,
        querystring: { type: "object", properties: { from: { type: "string" }, limit: { type: "string" } } },
      },
    },
    async (request) => {
      const job = findToRead(request.params.job, request);
      const from = whole(request.query.from, 0, job.job.tasks);
      const limit = whole(request.query.limit, MAX_TASK_VIEWS, MAX_TASK_VIEWS);
      const names = workerRows();
      const count = Math.max(0, Math.min(limit, job.job.tasks - from));
      const views: TaskView[] = [];
      const { row } = job;
      const differences = row.mismatches > 0 ? store.differences.of(row.n, from, from + count) : undefined;
      while (views.length < count) {
        const view = taskView(context, job, from + views.length, names);
        const difference = differences?.get(view.index);
        if (difference) view.firstDifference = differenceView(difference);
        views.push(view);
        if (views.length % TASK_VIEWS_AT_ONCE === 0) await setImmediate();
      }
      return views;
    },
  );

  app.get<{ Params: { job: string } }>(
    "/api/jobs/:job/results",
    {
      schema: { tags: ["jobs"], summary: "Server-sent events: certified, progress, end; resumable with Last-Event-ID" },
    },
    (request, reply) => {
      const job = find(request.params.job);
      if (!readersOfStreams.admit(request.ip, reply.raw))
        throw new SuperEdgeError(
          "too-many",
          `expected at most ${MAX_STREAMS_AN_ADDRESS} event streams of one address, and ${MAX_STREAMS} in all`,
        );
      return streamResults(context, job, mayRead(job, request), request, reply);
    },
  );

  app.get<{ Params: { job: string } }>(
    "/api/jobs/:job/output",
    { schema: { tags: ["jobs"], summary: "The whole output of a finished job" } },
    async (request, reply) => {
      const job = find(request.params.job);
      if (job.row.state !== "done")
        throw new SuperEdgeError("out-of-order", `expected a finished job, found it ${job.row.state}`);
      async function* parts() {
        for (let index = 0; index < job.job.tasks; index++)
          yield await outputOf(context, store.certified.get(job.row.n, index)!);
      }
      const last = rangeOf(job.row.spec, job.job.tasks - 1);
      const items = last.first + last.count - rangeOf(job.row.spec, 0).first;
      const bytes = items * job.manifest.output.itemBytes;
      reply.headers({ "content-type": "application/octet-stream", "content-length": bytes });
      const { Readable } = await import("node:stream");
      return reply.send(Readable.from(parts()));
    },
  );

  app.get<{ Params: { job: string; index: string } }>(
    "/api/jobs/:job/tasks/:index/output",
    { schema: { tags: ["jobs"], summary: "The canonical output of one certified task" } },
    async (request, reply) => {
      const { row } = certifiedTask(request);
      reply.header("content-type", "application/octet-stream");
      return Buffer.from(await outputOf(context, row));
    },
  );

  app.get<{ Params: { job: string; index: string } }>(
    "/api/jobs/:job/tasks/:index/receipt",
    { schema: { tags: ["jobs"], summary: "What proves one certified task to a stranger" } },
    async (request) => {
      const { job, row } = certifiedTask(request);
      const names = workerRows();
      const nameOf = (n: number): Address => names.get(n)!.address;
      return receiptOf(store, job, row, nameOf, context);
    },
  );
}

function whole(text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > most)
    throw new SuperEdgeError("bad-message", `expected a whole number of 0 to ${most}, found ${text.slice(0, 40)}`);
  return value;
}

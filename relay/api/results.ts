// A job's certified tasks as server-sent events. The id of an event is the task's place in the order of certification:
// a client that reconnects with `Last-Event-ID` misses nothing and gets nothing twice.
import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type CertifiedEvent, rangeOf } from "../../protocol/api.ts";
import { hex32 } from "../../protocol/ids.ts";
import type { JobContext } from "../rows.ts";
import type { CertifiedRow } from "../store/certified.ts";
import { CONTRIBUTION } from "../store/open.ts";
import type { ApiContext } from "./context.ts";
import { beginEventStream, KEEP_ALIVE_MS } from "./eventStream.ts";
import { isPrivate } from "./readers.ts";
import { jobView } from "./views.ts";

/** Tasks read from the store at a time; the reader's pace decides when the next are. */
const ROWS_AT_ONCE = 64;

export function streamResults(
  context: ApiContext,
  job: JobContext,
  /** If not, what is certified of a private job is told when it has ended. */
  mayRead: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const raw = beginEventStream(reply);
  let last = Number(request.headers["last-event-id"] ?? 0);
  if (!Number.isSafeInteger(last) || last < 0) last = 0;
  let told = "";
  let sending = false;
  let dirty = false;
  const names = new Map([...context.loop.workers()].map(({ row }) => [row.n, row.address]));

  const write = (text: string): Promise<void> | undefined =>
    raw.destroyed || raw.write(text) ? undefined : drained(raw);

  const send = async (): Promise<void> => {
    dirty = true;
    if (sending) return;
    sending = true;
    while (dirty && !raw.destroyed) {
      dirty = false;
      const ended = job.row.state !== "running";
      // The scheduler's memory runs ahead of the disk: the last tasks may still be on their way there.
      if (ended) await new Promise<void>((resolve) => context.store.group.afterwards(resolve));
      while (mayRead || !isPrivate(job)) {
        const rows = context.store.certified.after(job.row.n, last, ROWS_AT_ONCE);
        for (const row of rows) {
          last = row.seq;
          await write(
            `id: ${row.seq}\nevent: certified\ndata: ${JSON.stringify(eventOf(context, job, row, names))}\n\n`,
          );
        }
        if (rows.length < ROWS_AT_ONCE || raw.destroyed) break;
      }
      const view = JSON.stringify(jobView(context, job, mayRead));
      // That something has changed which a stranger is not shown would tell of it.
      if (!ended) {
        if (view !== told) await write(`event: progress\ndata: ${view}\n\n`);
        told = view;
      } else {
        await write(`event: end\ndata: ${view}\n\n`);
        // Nothing may be written after it, however slowly the reader takes the rest.
        clearInterval(alive);
        raw.end();
      }
    }
    sending = false;
  };

  const onChange = () => void send();
  const alive = setInterval(() => write(": still here\n\n"), KEEP_ALIVE_MS);
  context.loop.changes.on(`job:${job.row.id}`, onChange);
  raw.on("close", () => {
    clearInterval(alive);
    context.loop.changes.off(`job:${job.row.id}`, onChange);
  });
  void send();
}

/** Resolves when the reader has caught up, or has gone. */
const drained = (raw: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      raw.off("drain", done).off("close", done);
      resolve();
    };
    raw.on("drain", done).on("close", done);
  });

function eventOf(
  context: ApiContext,
  { row }: JobContext,
  certified: CertifiedRow,
  names: Map<number, string>,
): CertifiedEvent {
  const nameOf = (n: number) => {
    if (!names.has(n)) for (const { row } of context.loop.workers()) names.set(row.n, row.address);
    return names.get(n) ?? "";
  };
  const contributions = context.store.contributions.ofTask(row.n, certified.task);
  const event: CertifiedEvent = {
    index: certified.task,
    ...rangeOf(row.spec, certified.task),
    digest: hex32(certified.digest),
    workers: contributions.filter((c) => c.state === CONTRIBUTION.agreed).map((c) => nameOf(c.worker)),
    rejected: contributions.filter((c) => c.state === CONTRIBUTION.rejected).map((c) => nameOf(c.worker)),
  };
  if (certified.output) event.output = Buffer.from(certified.output).toString("base64");
  return event;
}

// A job's events until it ends, through any number of broken connections.
//
//   connect ──events──▶ end event ─▶ done
//      ▲       │
//      └─wait──┴─ connection refused, broken, silent, or ended early: resume after the last event seen
//      (grows)
//                  refused for good (no such job …), or too many tries in a row ─▶ thrown
import type { JobView } from "../protocol/api.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { JobId } from "../protocol/ids.ts";
import { parseAs } from "../protocol/parse.ts";
import { type Certified, certifiedAnswer, jobAnswer } from "./answers.ts";
import { EventStreamParser, type ServerEvent } from "./eventStream.ts";
import { chunks, type Relay } from "./relay.ts";

export type JobEvent =
  /** `sequence` counts certified tasks in the order they were certified: follow `after` it to go on from here. */
  | { type: "certified"; sequence: number; certified: Certified }
  | { type: "progress"; view: JobView }
  | { type: "end"; view: JobView };

export interface FollowOptions {
  /** The `sequence` after which to begin; 0 for all. */
  after?: number;
  signal?: AbortSignal;
  /** Waits between tries; for tests that own the clock. */
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** First pause before a new try, milliseconds, doubled with every try that brings nothing. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** Tries in a row that bring nothing before giving up: about six minutes, longer than a relay takes to restart. */
const MAX_TRIES = 40;
/** A connection that carries nothing for so long may be dead without either end knowing, milliseconds. */
const SILENCE_MS = 60_000;

/** `headers` say who asks. Throws `cancelled` when `signal` is aborted, the relay's refusal, or `relay-unavailable` after too many tries. */
export async function* followJob(
  relay: Relay,
  job: JobId,
  options: FollowOptions = {},
  headers: Record<string, string> = {},
): AsyncGenerator<JobEvent> {
  const { signal, wait = waitFor } = options;
  let sequence = options.after ?? 0;
  for (let tries = 0; ; tries++) {
    if (tries > 0) await wait(Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS), signal);
    try {
      for await (const event of connect(relay, job, sequence, headers, signal)) {
        tries = 0;
        if (event.type === "alive") continue;
        if (event.type === "certified") {
          // A relay that repeats itself must not make its reader count a task twice.
          if (event.sequence <= sequence) continue;
          sequence = event.sequence;
        }
        yield event;
        if (event.type === "end") return;
      }
    } catch (error) {
      if (!mayPass(error) || tries >= MAX_TRIES) throw error;
    }
    if (tries >= MAX_TRIES)
      throw new SuperEdgeError(
        "relay-unavailable",
        `expected the end of job ${job}, found streams that stop before it`,
      );
  }
}

/** Worth another try: the relay restarts, or the line is bad. */
const mayPass = (error: unknown) =>
  error instanceof SuperEdgeError &&
  (error.code === "relay-unavailable" || error.code === "internal" || error.code === "too-many");

/** The relay is there, though nothing happens: no reason to give up on it, however long it lasts. */
type Alive = { type: "alive" };

async function* connect(
  relay: Relay,
  job: JobId,
  after: number,
  headers: Record<string, string>,
  signal?: AbortSignal,
): AsyncGenerator<JobEvent | Alive> {
  const silence = new AbortController();
  const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const lost = (cause: unknown) =>
    signal?.aborted
      ? new SuperEdgeError("cancelled", `following job ${job} was stopped`, { cause })
      : new SuperEdgeError("relay-unavailable", `expected events of job ${job}, found a broken stream`, { cause });
  try {
    const response = await relay.open(`api/jobs/${job}/results`, {
      headers: { ...headers, accept: "text/event-stream", ...(after > 0 && { "last-event-id": String(after) }) },
      signal: either,
    });
    const parser = new EventStreamParser(String(after));
    for await (const bytes of chunks(response)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      yield { type: "alive" };
      for (const event of parser.push(bytes)) {
        const known = readEvent(event);
        if (known) yield known;
      }
    }
  } catch (error) {
    if (error instanceof SuperEdgeError && !either.aborted) throw error;
    throw lost(error);
  } finally {
    clearTimeout(timer);
  }
}

function readEvent({ event, data, id }: ServerEvent): JobEvent | undefined {
  switch (event) {
    case "certified": {
      const sequence = Number(id);
      if (!Number.isSafeInteger(sequence) || sequence < 1)
        throw new SuperEdgeError("bad-message", `expected an event id counting from 1, found ${JSON.stringify(id)}`);
      return { type: "certified", sequence, certified: parseAs(certifiedAnswer, parseJson(data)) };
    }
    case "progress":
    case "end":
      return { type: event, view: parseAs(jobAnswer, parseJson(data)) };
    default:
      return undefined; // of a newer relay
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SuperEdgeError("bad-message", "expected an event's data in JSON, found something else", { cause });
  }
}

const waitFor = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new SuperEdgeError("cancelled", "stopped while waiting for the relay"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });

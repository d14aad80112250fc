import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { type FollowOptions, followJob, type JobEvent } from "../../client/followJob.ts";
import { Relay } from "../../client/relay.ts";
import type { JobView } from "../../protocol/api.ts";
import { toBytes32, toCid } from "../../protocol/ids.ts";
import { answer, scriptedRelay } from "./scriptedRelay.ts";

const id = toBytes32(`0x${"11".repeat(32)}`);
const address = `0x${"22".repeat(20)}`;
const view: JobView = {
  job: id,
  title: "",
  spec: {
    app: toCid(`bafkrei${"a".repeat(52)}`),
    params: {},
    inputs: [],
    items: 8,
    itemsPerTask: 1,
    law: "poco",
    trust: 2,
    replicas: 2,
  },
  state: "running",
  requester: address,
  createdMs: 0,
  priceWei: "1",
  tasks: 8,
  certified: 0,
  running: 0,
  contributions: 0,
  mismatches: 0,
  bytesFromRelay: 0,
};
const certified = (sequence: number) =>
  `id: ${sequence}\nevent: certified\ndata: ${JSON.stringify({
    index: sequence - 1,
    first: sequence - 1,
    count: 1,
    digest: id,
    workers: [address],
    rejected: [],
  })}\n\n`;
const end = `event: end\ndata: ${JSON.stringify({ ...view, state: "done" })}\n\n`;

/** Follows a job at a relay that gives each connection the next of `answers`; tells what each asked to resume after. */
async function follow(answers: ((response: ServerResponse) => void)[], options: FollowOptions = {}) {
  const resumedAfter: (string | undefined)[] = [];
  const waitsMs: number[] = [];
  const url = await scriptedRelay((request, response) => {
    const last = request.headers["last-event-id"];
    const next = answers[resumedAfter.push(Array.isArray(last) ? last[0] : last) - 1];
    if (next) next(response);
    else answer(response, { error: { code: "not-found", message: "the script is over" } }, 404);
  });
  const wait = async (ms: number) => void waitsMs.push(ms);
  const events: JobEvent[] = [];
  let error: unknown;
  try {
    for await (const event of followJob(new Relay(url), id, { wait, ...options })) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  const sequences = events.flatMap((event) => (event.type === "certified" ? [event.sequence] : []));
  return { events, sequences, error, resumedAfter, waitsMs };
}

const stream =
  (...parts: string[]) =>
  (response: ServerResponse) =>
    response.writeHead(200, { "content-type": "text/event-stream" }).end(parts.join(""));
const broken =
  (...parts: string[]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(parts.join(""), () => response.destroy());
  };
const unavailable = (response: ServerResponse) => response.writeHead(503).end("starting");

describe("following a job", () => {
  test("ends with the job", async () => {
    const { events, error } = await follow([stream(certified(1), end)]);
    expect(error).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(["certified", "end"]);
  });

  test("resumes a broken stream after the last event seen, each event once", async () => {
    const { sequences, resumedAfter, error } = await follow([
      broken(certified(1), certified(2)),
      unavailable,
      stream(certified(3), end),
    ]);
    expect(error).toBeUndefined();
    expect(sequences).toEqual([1, 2, 3]);
    expect(resumedAfter).toEqual([undefined, "2", "2"]);
  });

  test("resumes a stream that stops politely before the job's end", async () => {
    const { sequences } = await follow([stream(certified(1)), stream(certified(2), end)]);
    expect(sequences).toEqual([1, 2]);
  });

  test("takes an event that a relay repeats only once", async () => {
    const { sequences } = await follow([broken(certified(1)), stream(certified(1), certified(2), end)]);
    expect(sequences).toEqual([1, 2]);
  });

  test("begins after the event its caller names", async () => {
    const { resumedAfter } = await follow([stream(end)], { after: 5 });
    expect(resumedAfter).toEqual(["5"]);
  });

  test("waits longer each time nothing came, and little again once something did", async () => {
    const { waitsMs } = await follow([unavailable, unavailable, unavailable, broken(certified(1)), stream(end)]);
    expect(waitsMs).toEqual([250, 500, 1000, 250]);
  });

  test("gives up on a relay that stays away, after some forty tries", async () => {
    const { error, waitsMs } = await follow(Array(100).fill(unavailable));
    expect(error).toMatchObject({ code: "relay-unavailable" });
    expect(waitsMs).toHaveLength(40);
    expect(Math.max(...waitsMs)).toBe(10_000);
  });

  test("does not give up on a relay that is there while nothing happens", async () => {
    const quiet = stream(": still here\n\n");
    const { error, sequences } = await follow([...Array(50).fill(quiet), stream(certified(1), end)]);
    expect(error).toBeUndefined();
    expect(sequences).toEqual([1]);
  });

  test("gives up at once when there is no such job", async () => {
    const { error, waitsMs } = await follow([]);
    expect(error).toMatchObject({ code: "not-found" });
    expect(waitsMs).toEqual([]);
  });

  test("refuses a certified event it could not resume after", async () => {
    const { error } = await follow([stream(certified(1).replace("id: 1\n", ""), end)]);
    expect(error).toMatchObject({ code: "bad-message", message: expect.stringContaining("event id") });
  });

  test("passes over events of a newer relay", async () => {
    const { events } = await follow([stream("event: weather\ndata: fine\n\n", end)]);
    expect(events).toHaveLength(1);
  });

  test("stopped by its caller is cancelled", async () => {
    const stop = new AbortController();
    const { error } = await follow(
      [
        (response) => {
          response.writeHead(200).write(certified(1));
          stop.abort();
        },
      ],
      { signal: stop.signal },
    );
    expect(error).toMatchObject({ code: "cancelled" });
  });
});

// While a job rests on single workers' words, its single tasks are told to its requester only; afterwards to everybody.
import { Wallet } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type JobSpec, type JobView, readMessage, type TaskView } from "../../protocol/api.ts";
import type { Address, Cid } from "../../protocol/ids.ts";
import { RawVolunteer, workOf } from "./rawVolunteer.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

/** One newcomer's word is enough, so that some tasks can be certified while others are not begun. */
const PRIVATE: Partial<JobSpec> = { law: "pool", trust: 3, replicas: 1, items: 256 };
/** A lease is 64 tasks at most, and a new worker's is two. */
const TASKS = 128;

const requester = Wallet.createRandom();
let grid: TestRelay;
let app: Cid;
let volunteer: RawVolunteer;
beforeEach(async () => {
  grid = await openTestRelay({ requester: requester.address.toLowerCase() as Address });
  app = await grid.publish(squares, await compileSquares());
  volunteer = await RawVolunteer.join(grid);
});
afterEach(async () => {
  volunteer.close();
  await grid.close();
});

/** One lease is done and shown. */
async function work(): Promise<number> {
  const { tasks } = await volunteer.lease();
  const work = tasks.map((task) => workOf(task.key, squaresOf(task)));
  volunteer.send(volunteer.commit(work, volunteer.sequence++));
  await volunteer.next("ack");
  // A task that was drawn to be confirmed by a stranger waits for one.
  volunteer.send(volunteer.reveal(work));
  await volunteer.settled();
  return tasks.length;
}

async function halfDone(change: Partial<JobSpec> = {}): Promise<JobView> {
  const { job } = await grid.submit(specOf(app, { ...PRIVATE, ...change }));
  for (let i = 0; i < 4; i++) await work();
  const view = (await (await fetch(`${grid.url}/api/jobs/${job}`)).json()) as JobView;
  expect([view.state, view.certified > 0, view.certified < TASKS]).toEqual(["running", true, true]);
  return view;
}

const read = (path: string, bearer?: string) =>
  fetch(`${grid.url}/api/jobs/${path}`, { headers: bearer ? { authorization: `Bearer ${bearer}` } : {} });

/** Everything that tells one task of a job from another. */
const paths = (job: string, tasks: number): string[] => [
  `${job}/tasks`,
  ...Array.from({ length: tasks }, (_, i) => [`${job}/tasks/${i}/output`, `${job}/tasks/${i}/receipt`]).flat(),
];

async function answers(job: string, tasks: number, bearer?: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const path of paths(job, tasks)) {
    const response = await read(path, bearer);
    const body = await response.text();
    found.add(`${response.status} ${response.ok ? "" : body}`);
  }
  return found;
}

/** Events of the stream until one is of this type. */
async function eventsUntil(job: string, last: string, bearer?: string): Promise<string[]> {
  const reader = (await read(`${job}/results`, bearer)).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const events = () => [...text.matchAll(/^event: (\w+)$/gm)].map(([, event]) => event!);
  while (!events().includes(last)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return events();
}

describe("single tasks of a running job that rests on single workers' words", () => {
  it("are refused to strangers, with one answer for all, whatever has become of a task", async () => {
    const { job } = await halfDone();
    const refused = await answers(job, TASKS);
    expect(refused.size).toBe(1);
    expect([...refused][0]).toMatch(/^403 .*not-yours/);
    const { job: other } = await grid.submit(specOf(app, PRIVATE));
    for (const forged of [
      await Wallet.createRandom().signMessage(readMessage(job)),
      await requester.signMessage(readMessage(other)),
      await requester.signMessage(`SuperEdge: stop job ${job}`),
      `0x${"0".repeat(130)}`,
      volunteer.uploadToken,
    ])
      expect(await answers(job, 8, forged)).toEqual(refused);
  });

  it("are shown to the requester, who signs for it", async () => {
    const { job, certified } = await halfDone();
    const bearer = await requester.signMessage(readMessage(job));
    for (let again = 0; again < 2; again++) {
      const views = (await (await read(`${job}/tasks`, bearer)).json()) as TaskView[];
      expect(views.filter(({ state }) => state === "certified")).toHaveLength(certified);
    }
    const done = ((await (await read(`${job}/tasks`, bearer)).json()) as TaskView[]).find((t) => t.digest)!;
    expect((await read(`${job}/tasks/${done.index}/output`, bearer)).status).toBe(200);
    expect((await read(`${job}/tasks/${done.index}/receipt`, bearer)).status).toBe(200);
    const events = await eventsUntil(job, "progress", bearer);
    expect(events.filter((event) => event === "certified")).toHaveLength(certified);
  });

  it("are in a stranger's stream when the job has ended, and not before", async () => {
    const { job, certified } = await halfDone();
    expect(await eventsUntil(job, "progress")).toEqual(["progress"]);
    const whole = eventsUntil(job, "end");
    await work();
    await grid.relay.loop.stopJob(job as never, "cancelled", "the test is over");
    const events = await whole;
    expect(events.filter((event) => event === "certified").length).toBeGreaterThanOrEqual(certified);
    expect(events.lastIndexOf("progress")).toBeLessThan(events.indexOf("certified"));
    expect((await read(`${job}/tasks`)).status).toBe(200);
    expect(await eventsUntil(job, "end")).toEqual(events.filter((event) => event !== "progress"));
  });

  it("do not show in counts: what is at work is told to the requester only", async () => {
    const { job } = await halfDone();
    const counts = async (bearer?: string) => {
      const { running, contributions, certified } = (await (await read(job, bearer)).json()) as JobView;
      return { running, contributions, certified };
    };
    const bearer = await requester.signMessage(readMessage(job));
    const before = { stranger: await counts(), requester: await counts(bearer) };
    const { tasks } = await volunteer.lease();
    const after = { stranger: await counts(), requester: await counts(bearer) };
    expect(after.stranger).toEqual(before.stranger);
    expect(after.stranger).toMatchObject({ running: 0, contributions: after.stranger.certified });
    expect(after.requester.running).toBe(before.requester.running + tasks.length);
  });

  it("are nowhere else: what the API tells of jobs and workers names no task", async () => {
    const { job } = await halfDone();
    for (const path of ["jobs", `jobs/${job}`, "workers", "pool", "epochs"]) {
      const text = await (await fetch(`${grid.url}/api/${path}`)).text();
      expect(text).not.toMatch(/"index"|"digest"|"contributions":\[/);
    }
  });
});

it.each<Partial<JobSpec>>([
  { law: "pool", trust: 1 },
  { law: "poco", trust: 1 },
])("tasks of a job whose workers are not checked are public: %o", async (change) => {
  const { job, certified } = await halfDone(change);
  const views = (await (await read(`${job}/tasks`)).json()) as TaskView[];
  expect(views.filter(({ state }) => state === "certified")).toHaveLength(certified);
  // And they are done in the order of their items.
  expect(views.slice(0, certified).every(({ state }) => state === "certified")).toBe(true);
});

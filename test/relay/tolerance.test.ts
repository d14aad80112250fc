// Floats that differ from machine to machine, in outputs too large to be sent by everybody: rules [D2], [W8], [W12].
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobSpec, TaskView } from "../../protocol/api.ts";
import { treeOf } from "../../protocol/cid.ts";
import { digestOf } from "../../protocol/digest.ts";
import { DigestTree } from "../../protocol/digestProof.ts";
import { type Cid, hex32, type JobId, type TaskKey } from "../../protocol/ids.ts";
import type { RelayMessage, VolunteerMessage } from "../../protocol/messages.ts";
import { parseReceipt, verifyReceipt } from "../../protocol/receipt.ts";
import { drawLeaves } from "../../relay/sampling.ts";
import { leaseTo } from "../../relay/scheduler/contribution.ts";
import { recoverAddress } from "../../relay/signature.ts";
import { shownOf } from "../../web/volunteer/shown.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { soon } from "../soon.ts";
import { RawVolunteer, type Work, workOf } from "./rawVolunteer.ts";
import { compileRoots, roots, rootsOf } from "./roots.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

type Show = Extract<RelayMessage, { type: "show" }>;

/** 40 leaves. */
const ITEMS = 40 * 1024;
const LARGE: Partial<JobSpec> = { items: ITEMS, itemsPerTask: ITEMS, law: "pool", trust: 2, replicas: 2 };

let data: string;
let grid: TestRelay;
let app: Cid;
let nowMs: number;
let volunteers: { close(): void }[];
const open = () => openTestRelay({ data, poolKey: `0x${"17".repeat(32)}`, now: () => nowMs });
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "superedge-tolerance-"));
  nowMs = Date.now();
  grid = await open();
  app = await grid.publish(roots, await compileRoots());
  volunteers = [];
});
afterEach(async () => {
  for (const volunteer of volunteers) volunteer.close();
  await grid.close();
  rmSync(data, { recursive: true, force: true });
});

const joined = <V extends { close(): void }>(volunteer: V): V => {
  volunteers.push(volunteer);
  return volunteer;
};
const rounding = (factor: number) =>
  joined(new NodeVolunteer(grid.url, { compute: async (_, range) => rootsOf(range, factor) }));
const join3 = async () => {
  const three: RawVolunteer[] = [];
  for (let i = 0; i < 3; i++) three.push(joined(await RawVolunteer.join(grid)));
  return three as [RawVolunteer, RawVolunteer, RawVolunteer];
};
const tasksOf = async (job: string) => (await (await fetch(`${grid.url}/api/jobs/${job}/tasks`)).json()) as TaskView[];
const finished = async (job: string) => void (await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text());

/** Takes the job's only task, commits to the result, and reveals it: alone it is compared with nothing. */
async function begin(volunteer: RawVolunteer): Promise<Work> {
  const work = await commit(volunteer, 1);
  await reveal(volunteer, work);
  return work;
}
/** Takes the job's only task and commits to `factor` times its result. */
async function commit(volunteer: RawVolunteer, factor: number): Promise<Work> {
  const [task] = (await volunteer.lease(1)).tasks;
  const work = workOf(task!.key, rootsOf(task!, factor));
  volunteer.send(volunteer.commit([work], volunteer.sequence++));
  await volunteer.next("ack");
  return work;
}
async function reveal(volunteer: RawVolunteer, { key, digest, salt }: Work): Promise<void> {
  await volunteer.next("reveal");
  volunteer.send({ type: "reveal", reveals: [{ key, digest, salt }] });
}
const shown = ({ key, output }: Work, { indices }: Pick<Show, "indices">): VolunteerMessage =>
  shownOf(new DigestTree(output, 4), { type: "show", key, level: 0, indices })!;
/** Reveals and shows what is asked for; returns the leaves that were. */
async function answer(volunteer: RawVolunteer, work: Work): Promise<number[]> {
  await reveal(volunteer, work);
  const question = await volunteer.next("show");
  volunteer.send(shown(work, question));
  return question.indices;
}

describe("leaves", () => {
  it("are drawn all alike: sixteen of many, all of few, each as often as any other", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (leaves, stream) => {
          const drawn = drawLeaves(leaves, (below) => Math.floor(stream.next().value * below));
          expect(drawn).toHaveLength(Math.min(16, leaves));
          expect(new Set(drawn).size).toBe(drawn.length);
          expect(drawn.every((leaf) => leaf >= 0 && leaf < leaves)).toBe(true);
        },
      ),
    );
    const counts = new Array(20).fill(0);
    let state = 1;
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return Math.floor((state / 2_147_483_647) * below);
    };
    for (let i = 0; i < 10_000; i++) for (const leaf of drawLeaves(20, random)) counts[leaf]++;
    // 8,000 expected of each, with a standard deviation of 40.
    for (const count of counts) expect(Math.abs(count - 8000)).toBeLessThan(240);
  });
});

describe("large results within a tolerance", () => {
  it("are certified although every machine has a digest of its own, and only one is uploaded", async () => {
    const { job } = await grid.submit(specOf(app, LARGE));
    const [ann, bob] = [rounding(1), rounding(1.00002)];
    await finished(job);
    const [task] = await tasksOf(job);
    expect(task).toMatchObject({ state: "certified" });
    expect(task!.contributions.map(({ agrees }) => agrees)).toEqual([true, true]);
    const output = new Uint8Array(await (await fetch(`${grid.url}/api/jobs/${job}/output`)).arrayBuffer());
    expect(digestOf(output, 4)).toBe(task!.digest);
    // By name it would tell whoever has just computed it that the task is certified.
    const { cid } = await treeOf(output);
    expect(grid.relay.store.certified.get(1, 0)!.outputCid).toBe(cid);
    for (const path of [cid, `${cid}/tree`]) expect((await fetch(`${grid.url}/api/blobs/${path}`)).status).toBe(404);
    const range = { first: 0, count: ITEMS };
    const digests = [rootsOf(range), rootsOf(range, 1.00002)].map((bytes) => digestOf(bytes, 4));
    expect(digests).toContain(task!.digest);
    const receipt = parseReceipt(await (await fetch(`${grid.url}/api/jobs/${job}/tasks/0/receipt`)).json());
    expect(receipt.contributions.map(({ digest }) => digest).sort()).toEqual(digests.sort());
    expect(verifyReceipt(receipt, recoverAddress, output).checks.filter(({ ok }) => !ok)).toEqual([]);
    expect([ann, bob].map(({ counts }) => counts.rejected)).toEqual([0, 0]);
  });

  it("are rejected if they are outside of it, and the first item found that is", async () => {
    const { job } = await grid.submit(specOf(app, LARGE));
    const liar = joined(new NodeVolunteer(grid.url, { compute: async (_, range) => rootsOf(range, 1.01) }));
    await liar.greeted;
    const honest = [rounding(1), rounding(1.00002)];
    await finished(job);
    await soon(() => expect(liar.counts.rejected).toBe(1));
    await soon(() => expect(honest.map(({ counts }) => counts.certified)).toEqual([1, 1]));
    const [task] = await tasksOf(job);
    // Of the leaves that were drawn.
    const { item, workers } = task!.firstDifference!;
    const bytes = (factor: number) => Buffer.from(rootsOf({ first: item, count: 1 }, factor)).toString("hex");
    const of = new Map(workers.map(({ worker, bytesHex }) => [worker, bytesHex]));
    expect(of.get(liar.identity.address)).toBe(bytes(1.01));
    for (const { worker, bytesHex } of workers)
      if (worker !== liar.identity.address) expect([bytes(1), bytes(1.00002)]).toContain(bytesHex);
  });

  it("are shown by leaves drawn after all of them were committed to, and drawn anew when one more is", async () => {
    await grid.submit(specOf(app, LARGE));
    const [ann, bob, cy] = await join3();
    const anns = await begin(ann);
    const bobs = await commit(bob, 1.01);
    const first = await answer(ann, anns);
    expect(await answer(bob, bobs)).toEqual(first);
    expect(first).toHaveLength(16);
    // They disagree: a third is asked for. All show other leaves than those that ann and bob could have told cy.
    const cys = await commit(cy, 1.00001);
    const second = await answer(ann, anns);
    expect(await answer(bob, bobs)).toEqual(second);
    expect(await answer(cy, cys)).toEqual(second);
    expect(second).not.toEqual(first);
    const upload = await Promise.race([ann.next("upload"), cy.next("upload")]);
    expect(hex32(upload.key)).toBe(hex32(anns.key));
  });

  it("that are not shown, or shown as something else, count for nothing, and for nobody's shame", async () => {
    const { job } = await grid.submit(specOf(app, LARGE));
    const [ann, bob, cy] = await join3();
    const anns = await begin(ann);
    const bobs = await commit(bob, 1.00001);
    await answer(ann, anns);
    await reveal(bob, bobs);
    const question = await bob.next("show");
    bob.send(shown({ ...bobs, output: anns.output }, question));
    expect(await bob.refusal()).toBe("bad-output");
    nowMs += 16_000;
    expect((await bob.next("verdicts")).verdicts).toMatchObject([{ verdict: "lapsed" }]);
    const cys = await commit(cy, 1);
    await answer(ann, anns);
    await answer(cy, cys);
    await Promise.race([ann.next("upload"), cy.next("upload")]);
    expect(grid.relay.loop.state.workers.get(bob.address)).toMatchObject({ bad: 0, lapsed: 1 });
    expect(grid.relay.loop.jobs.get(job as JobId)!.row.mismatches).toBe(0);
  });

  it("are asked for again after the relay has started again", async () => {
    const { job } = await grid.submit(specOf(app, LARGE));
    const [ann, bob] = await join3();
    const anns = await begin(ann);
    const bobs = await commit(bob, 1.01);
    await answer(ann, anns);
    await answer(bob, bobs);
    await soon(() => expect(grid.relay.loop.jobs.get(job as JobId)!.row.mismatches).toBe(1));
    await grid.close();
    grid = await open();
    const again = joined(await RawVolunteer.join(grid, ann.key));
    const back = joined(await RawVolunteer.join(grid, bob.key));
    await answer(again, anns);
    await answer(back, bobs);
    const cys = await commit(joined(await RawVolunteer.join(grid)), 1);
    const cy = volunteers.at(-1) as RawVolunteer;
    await answer(again, anns);
    await answer(back, bobs);
    await answer(cy, cys);
    await Promise.race([again.next("upload"), cy.next("upload")]);
  });

  it("are asked for again of a worker that comes back before its time is over", async () => {
    await grid.submit(specOf(app, LARGE));
    const [ann, bob] = await join3();
    const anns = await begin(ann);
    const bobs = await commit(bob, 1.00001);
    const first = await answer(ann, anns);
    bob.close();
    await bob.closed;
    const again = joined(await RawVolunteer.join(grid, bob.key));
    expect(await answer(again, bobs)).toEqual(first);
    await Promise.race([ann.next("upload"), again.next("upload")]);
  });

  it("that are believed wait for their upload only: who commits to a late copy is asked if it does not come", async () => {
    await grid.submit(specOf(app, LARGE));
    const [ann, bob, cy] = await join3();
    const anns = await begin(ann);
    const bobs = await commit(bob, 1.00001);
    await answer(ann, anns);
    await answer(bob, bobs);
    const { loop } = grid.relay;
    const task = loop.state.names.get(hex32(anns.key) as TaskKey)!;
    await soon(() => expect(task.uploading).toBeDefined());
    const [winner, other, others] = task.uploading!.worker === ann.address ? [ann, bob, bobs] : [bob, ann, anns];
    await winner.next("upload");
    // As a speculative copy would be, leased before the others committed.
    const copier = loop.state.workers.get(cy.address)!;
    task.contributions = [...task.contributions, leaseTo(copier, nowMs, nowMs + 1e9)];
    copier.leased.add(task);
    const late = workOf(anns.key, rootsOf({ first: 0, count: ITEMS }, 1.00002));
    cy.send(cy.commit([late], cy.sequence++));
    await cy.next("ack");
    expect((await cy.settled()).filter(({ type }) => type === "reveal")).toEqual([]);
    expect((await winner.settled()).filter(({ type }) => type === "reveal" || type === "upload")).toEqual([]);
    nowMs += 61_000;
    expect((await winner.next("verdicts")).verdicts).toMatchObject([{ verdict: "lapsed" }]);
    await answer(cy, late);
    await answer(other, others);
    await Promise.race([cy.next("upload"), other.next("upload")]);
  });

  it("cannot be shown for a contribution that was given up, in the name of a new one", async () => {
    await grid.submit(specOf(app, LARGE));
    const [ann, bob] = await join3();
    await begin(ann);
    const bobs = await commit(bob, 1.00001);
    await reveal(bob, bobs);
    const question = await bob.next("show");
    bob.close();
    await bob.closed;
    const worker = grid.relay.loop.state.workers.get(bob.address)!;
    await soon(() => expect(worker.connected).toBe(false));
    nowMs += 7_000;
    await soon(() => expect(worker.lapsed).toBe(1));
    const again = joined(await RawVolunteer.join(grid, bob.key));
    const [leased] = (await again.lease(1)).tasks;
    expect(hex32(leased!.key)).toBe(hex32(bobs.key));
    again.send(shown(bobs, question));
    await again.settled();
    const [task] = worker.leased;
    expect(task!.contributions.find((c) => c.worker === bob.address)).toMatchObject({ state: "leased" });
  });

  it("of 64 KiB come whole with their reveals, as small ones do", async () => {
    const { job } = await grid.submit(specOf(app, { ...LARGE, items: 16_384, itemsPerTask: 16_384 }));
    rounding(1);
    rounding(1.00002);
    await finished(job);
    expect(grid.relay.store.certified.get(1, 0)).toMatchObject({ outputCid: null });
  });

  it("are for law pool only", async () => {
    await expect(grid.submit(specOf(app, { ...LARGE, law: "poco" }))).rejects.toThrow("law pool only");
  });
});

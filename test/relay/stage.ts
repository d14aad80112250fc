// A job half-way: one volunteer with tasks leased, tasks committed, and tasks it was asked to reveal.
import type { JobSpec, JobView } from "../../protocol/api.ts";
import { type Cid, hex32 } from "../../protocol/ids.ts";
import { RawVolunteer, type Work, workOf } from "./rawVolunteer.ts";
import { squaresOf } from "./squares.ts";
import type { TestRelay } from "./testRelay.ts";

export interface Stage {
  job: JobView;
  ann: RawVolunteer;
  bob: RawVolunteer;
  /** Leased to ann, nothing committed. */
  leased: Work[];
  /** Committed by ann and bob, and asked of both. */
  asked: Work[];
  /** Bob's of the same tasks. */
  askedOfBob: Work[];
  /** The batch in which ann committed them. */
  accepted: ReturnType<RawVolunteer["commit"]>;
  leave(): Promise<void>;
}

export const specOf = (app: Cid, change: Partial<JobSpec> = {}): JobSpec => ({
  app,
  params: {},
  inputs: [],
  items: 64,
  itemsPerTask: 2,
  law: "poco",
  trust: 2,
  replicas: 2,
  ...change,
});

/** `keys`: of ann and bob; new ones unless told. */
export async function setStage(relay: TestRelay, app: Cid, keys: Uint8Array[] = []): Promise<Stage> {
  const [ann, bob] = [await RawVolunteer.join(relay, keys[0]), await RawVolunteer.join(relay, keys[1])];
  const job = await relay.submit(specOf(app));
  const take = async (volunteer: RawVolunteer) =>
    (await volunteer.lease()).tasks.map((task) => workOf(task.key, squaresOf(task)));
  const commit = async (volunteer: RawVolunteer, work: Work[]) => {
    const message = volunteer.commit(work, volunteer.sequence++);
    volunteer.send(message);
    await volunteer.next("ack");
    return message;
  };
  const asked = await take(ann);
  const accepted = await commit(ann, asked);
  const mine = new Set(asked.map(({ key }) => hex32(key)));
  const askedOfBob = (await take(bob)).filter(({ key }) => mine.has(hex32(key)));
  await commit(bob, askedOfBob);
  await Promise.all([ann.next("reveal"), bob.next("reveal")]);
  const leased = await take(ann);
  await Promise.all([ann.settled(), bob.settled()]);
  return {
    job,
    ann,
    bob,
    leased,
    asked,
    askedOfBob,
    accepted,
    async leave() {
      for (const volunteer of [ann, bob]) {
        volunteer.close();
        await volunteer.closed;
      }
      for (const [id, { row }] of relay.relay.loop.jobs)
        if (row.state === "running") await relay.relay.loop.stopJob(id, "cancelled", "the test is over");
    },
  };
}

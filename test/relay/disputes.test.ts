// A volunteer lies in one item; the relay says in which, and what each volunteer had there.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobSpec, TaskView } from "../../protocol/api.ts";
import { type Cid, toHex } from "../../protocol/ids.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

let grid: TestRelay;
let app: Cid;
let volunteers: NodeVolunteer[];
beforeEach(async () => {
  grid = await openTestRelay();
  app = await grid.publish(squares, await compileSquares());
  volunteers = [];
});
afterEach(async () => {
  for (const volunteer of volunteers) volunteer.close();
  await grid.close();
});

/** Two volunteers, the second with `place` changed in every result; a third only once the difference is known. */
async function dispute(spec: Partial<JobSpec>, place: number): Promise<TaskView> {
  const { job } = await grid.submit(specOf(app, spec));
  const tamper = (output: Uint8Array) => output.map((byte, at) => (at === place ? byte ^ 0x5a : byte));
  volunteers.push(new NodeVolunteer(grid.url), new NodeVolunteer(grid.url, { tamper }));
  const first = async () => ((await (await fetch(`${grid.url}/api/jobs/${job}/tasks`)).json()) as TaskView[])[0]!;
  await vi.waitFor(async () => expect((await first()).firstDifference).toBeDefined(), { timeout: 20_000 });
  volunteers.push(new NodeVolunteer(grid.url), new NodeVolunteer(grid.url));
  await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text();
  return first();
}

const bytesOf = (view: TaskView, volunteer: NodeVolunteer) =>
  view.firstDifference?.workers.find(({ worker }) => worker === volunteer.identity.address)?.bytesHex;
const hexOf = (item: number, flip = 0) => {
  const bytes = squaresOf({ first: item, count: 1 });
  bytes[0]! ^= flip;
  return toHex(bytes).slice(2);
};

describe("the first item in which results differ", () => {
  it("is found at once in results that came with their reveals", async () => {
    const view = await dispute({ items: 2000, itemsPerTask: 2000 }, 4 * 1234);
    expect(view).toMatchObject({ state: "certified", firstDifference: { item: 1234, offsetBytes: 0 } });
    expect(bytesOf(view, volunteers[0]!)).toBe(hexOf(1234));
    expect(bytesOf(view, volunteers[1]!)).toBe(hexOf(1234, 0x5a));
  });

  it("is found in results too large for that, by asking both for parts of their digest trees", async () => {
    const items = 1_500_000;
    const view = await dispute({ items, itemsPerTask: items }, 4 * 1_234_567);
    expect(view).toMatchObject({ state: "certified", firstDifference: { item: 1_234_567, offsetBytes: 0 } });
    expect(bytesOf(view, volunteers[0]!)).toBe(hexOf(1_234_567));
    expect(bytesOf(view, volunteers[1]!)).toBe(hexOf(1_234_567, 0x5a));
  });
});

// The pool runs a task itself: what it says of kernels that keep their contract, and of those that do not.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../../kernels/kernel.ts";
import { digestOf } from "../../protocol/digest.ts";
import type { JobId } from "../../protocol/ids.ts";
import { Referee } from "../../relay/referee/referee.ts";
import type { Verdict } from "../../relay/referee/twice.ts";
import {
  type BadKernel,
  countingWasm,
  endlessWasm,
  greedyWasm,
  racingWgsl,
  trappingWasm,
} from "../attackers/kernels.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";
import { specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

let grid: TestRelay;
const said: string[] = [];
beforeAll(async () => {
  grid = await openTestRelay();
});
afterAll(() => grid.close());

/** Task 1 of a job of 64 items, 32 a task. */
async function refereed(manifest: Manifest, code: Uint8Array | string, limitMs = 60_000): Promise<Verdict | undefined> {
  const { store, blobs, loop } = grid.relay;
  const log = (event: string, { error }: Record<string, unknown>) => said.push(`${event}: ${error ?? ""}`);
  const referee = new Referee({ store, blobs, log, limitMs });
  const bytes = typeof code === "string" ? new TextEncoder().encode(code) : code;
  const app = await grid.publish(manifest, bytes);
  const { job } = await grid.submit(specOf(app, { itemsPerTask: 32 }));
  const verdict = await referee.run(loop.jobs.get(job as JobId)!, 1);
  referee.close();
  return verdict;
}
const ofBad = async (kernel: BadKernel, limitMs?: number) => refereed(kernel.manifest, kernel.code, limitMs);

describe("the referee", () => {
  it("finds the digest of a task of a good kernel", async () => {
    const digest = digestOf(squaresOf({ first: 32, count: 32 }), 4);
    expect(await refereed(squares, await compileSquares())).toEqual({ digest });
  });

  it("finds a WASM kernel whose calls change each other, and says in which item", async () => {
    expect(await ofBad(await countingWasm())).toEqual({
      unstable: expect.stringMatching(
        /^two runs on one machine differ: item \d+, from byte 0 on, was [0-9a-f]{8} and then/,
      ),
    });
  });

  it("finds a WGSL kernel that races", async () => {
    expect(await ofBad(racingWgsl())).toEqual({ unstable: expect.stringContaining("two runs on one machine differ") });
  });

  it.each([
    ["traps", trappingWasm, "unreachable"],
    ["asks for more memory than its manifest allows", greedyWasm, "the manifest allows 65536 bytes"],
  ])("says nothing of a kernel that %s", async (_, kernel, reason) => {
    expect(await ofBad(await kernel())).toBe(undefined);
    expect(said.at(-1)).toContain(reason);
  });

  it("kills a kernel that never ends, and says nothing of it", async () => {
    expect(await ofBad(await endlessWasm(), 1500)).toBe(undefined);
    expect(said.at(-1)).toContain("not done within 1500 ms");
  });

  it("takes one task after the other, and says nothing of a job that has ended", async () => {
    const { store, blobs, loop } = grid.relay;
    const referee = new Referee({ store, blobs, log: () => {} });
    const app = await grid.publish(squares, await compileSquares());
    const { job } = await grid.submit(specOf(app));
    const context = loop.jobs.get(job as JobId)!;
    const verdicts = await Promise.all([0, 1, 2].map((index) => referee.run(context, index)));
    expect(verdicts).toEqual([0, 1, 2].map((i) => ({ digest: digestOf(squaresOf({ first: 2 * i, count: 2 }), 4) })));
    await loop.stopJob(job as JobId, "cancelled", "the test is over");
    expect(await referee.run(context, 0)).toBe(undefined);
    referee.close();
  });
});

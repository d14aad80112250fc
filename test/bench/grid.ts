// Work done through the grid against the same kernel in a bare web worker: one browser, one volunteer at a full share,
// whose results are certified without a second replica, so that it is the whole pool. In turns, medians. The kernel is
// option-pricing; the maturity of the option sets how much one task has to compute.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Wallet } from "ethers";
import type { Page } from "playwright";
import { Grid, type Job } from "../../client/index.ts";
import { loadCode, loadSamples } from "../../kernels/load.ts";
import { builtin } from "../../kernels/option-pricing/index.ts";
import { toAddress } from "../../protocol/ids.ts";
import { DemoVolunteer } from "../../tools/demo/volunteer.ts";
import { startRelay } from "../../tools/relayProcess.ts";
import { round, type Spread, spread } from "./figures.ts";
import { type BareJob, bareLoop } from "./grid/bareLoop.ts";
import { type Run, watchRuns } from "./grid/watchRuns.ts";

const TASK_MS = [50, 250, 1000];
const ITEMS_A_TASK = 8;
/** Short turns, many of them: what else the machine does changes from second to second. */
const ROUNDS = 9;
const SHORTEST_TURN_MS = 2_500;
const TASKS_A_TURN = 5;
/** On a busy machine fewer tasks than that may fit. */
const LEAST_TASKS = 4;
const LONGEST_TURN_MS = 120_000;
/** After a pause the first lease has to come. */
const WARM_UP_MS = 1_500;
/** More than are computed in the time. */
const TASKS = 4_000;
const PRICE_WEI = 10n ** 15n;
const CALIBRATION_DAYS = 100;

export async function run(): Promise<Record<string, unknown>> {
  const data = mkdtempSync(join(tmpdir(), "superedge-bench-"));
  const relay = await startRelay(["--port", "0", "--data", data, "--window-seconds", "1"]);
  const volunteer = await DemoVolunteer.open({ url: relay.url, name: "the volunteer" });
  try {
    await volunteer.page.addInitScript(watchRuns);
    await volunteer.page.evaluate(() => localStorage.setItem("superedge.limits", JSON.stringify({ share: 1 })));
    await volunteer.page.reload();
    await volunteer.start();
    const bench = new GridBench(
      await Grid.connect(relay.url),
      volunteer.page,
      await volunteer.page.context().browser()!.newPage(),
    );
    const sizes = [];
    for (const taskMs of TASK_MS) sizes.push(await bench.measure(taskMs));
    return { kernel: builtin.manifest.name, rounds: ROUNDS, itemsPerTask: ITEMS_A_TASK, sizes };
  } finally {
    await volunteer.close();
    await relay.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

class GridBench {
  readonly #grid: Grid;
  readonly #volunteer: Page;
  readonly #bare: Page;
  readonly #requester = Wallet.createRandom();

  constructor(grid: Grid, volunteer: Page, bare: Page) {
    this.#grid = grid;
    this.#volunteer = volunteer;
    this.#bare = bare;
  }

  async measure(taskMs: number) {
    await this.#press("Pause");
    const days = await this.#calibrate(taskMs);
    const turnMs = Math.max(SHORTEST_TURN_MS, TASKS_A_TURN * taskMs);
    const bareJob = { ...(await bareJobOf(days)), forMs: turnMs };
    const job = await this.#submit(days);
    const ratios: number[] = [];
    const bareMs: number[] = [];
    const gridMs: number[] = [];
    const runs: Run[][] = [];
    let output: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const bare = await bareLoop(this.#bare, bareJob);
      output = bare.output;
      await this.#press("Resume");
      await sleep(WARM_UP_MS);
      const window = await this.#runsFor(turnMs);
      await this.#press("Pause");
      runs.push(window);
      bareMs.push(bare.ms / bare.tasks);
      gridMs.push((window.at(-1)!.answeredMs - window[0]!.answeredMs) / (window.length - 1));
      ratios.push(bareMs.at(-1)! / gridMs.at(-1)!);
    }
    await this.#sameOutput(job, output);
    await job.cancel();
    await this.#press("Resume");
    const result = {
      taskMs,
      bareTaskMs: spread(bareMs),
      gridTaskMs: spread(gridMs),
      ratio: spread(ratios),
      ...whereTimeGoes(runs),
    };
    say(result);
    return result;
  }

  /** Days of maturity at which a bare task takes as long as asked. */
  async #calibrate(taskMs: number): Promise<number> {
    const job = { ...(await bareJobOf(CALIBRATION_DAYS)), forMs: SHORTEST_TURN_MS };
    const { fastestMs } = await bareLoop(this.#bare, job);
    const most = builtin.manifest.params.find(({ name }) => name === "maturity_days")!.max;
    return Math.max(1, Math.min(most, Math.round((CALIBRATION_DAYS * taskMs) / fastestMs)));
  }

  async #submit(days: number): Promise<Job> {
    await this.#grid.fund(toAddress(this.#requester.address)).catch(() => "has its gift");
    const app = (await this.#grid.apps()).find(({ manifest }) => manifest.name === builtin.manifest.name)!;
    const { params, inputs } = await prepared(days);
    return this.#grid.submit(
      {
        app: app.id,
        params,
        inputs: await Promise.all(inputs.map((bytes) => this.#grid.upload(bytes))),
        ...{ items: TASKS * ITEMS_A_TASK, itemsPerTask: ITEMS_A_TASK, law: "poco", trust: 1, replicas: 1 },
        priceWei: PRICE_WEI,
      },
      this.#requester,
    );
  }

  async #press(name: "Pause" | "Resume"): Promise<void> {
    await this.#volunteer.getByRole("button", { name, exact: true }).click();
  }

  /** What the sandbox answered in a stretch of time, which begins and ends with an answer. */
  async #runsFor(ms: number): Promise<Run[]> {
    const page = this.#volunteer;
    await page.evaluate(() => {
      globalThis.gridRuns = [];
    });
    await sleep(ms);
    const enough = (least: number) => globalThis.gridRuns.length >= least;
    await page.waitForFunction(enough, LEAST_TASKS, { polling: 200, timeout: LONGEST_TURN_MS });
    return page.evaluate(() => globalThis.gridRuns);
  }

  /** The relay holds for task 0 what the bare worker computed. */
  async #sameOutput(job: Job, expected: number[]): Promise<void> {
    for await (const { index, output } of job.results()) {
      if (index !== 0) continue;
      if (Buffer.compare(output, Uint8Array.from(expected)) !== 0)
        throw new Error("the grid's result of task 0 is not the bare worker's");
      return;
    }
  }
}

const prepared = async (days: number) =>
  builtin.prepare(await loadSamples(builtin), { style: 1, maturity_days: days, paths: 2 ** 31 });

async function bareJobOf(days: number): Promise<Omit<BareJob, "forMs">> {
  const { params, inputs } = await prepared(days);
  return {
    code: [...(await loadCode(builtin))],
    params: builtin.manifest.params.map(({ name }) => params[name]!),
    inputs: inputs.map((bytes) => [...bytes]),
    itemBytes: builtin.manifest.output.itemBytes,
    itemsPerTask: ITEMS_A_TASK,
  };
}

/** Medians over all tasks, milliseconds a task. */
function whereTimeGoes(rounds: Run[][]) {
  const runs = rounds.flat();
  const between = rounds.flatMap((turn) => turn.slice(1).map((next, i) => next.askedMs - turn[i]!.answeredMs));
  const lasted = rounds.reduce((sum, turn) => sum + turn.at(-1)!.answeredMs - turn[0]!.answeredMs, 0);
  const busy = rounds.reduce((sum, turn) => sum + turn.slice(1).reduce((ms, { busyMs }) => ms + busyMs, 0), 0);
  return {
    /** Of the time on the wall: what is missing is what the grid costs, whatever else slows the kernel. */
    kernelShare: round(busy / lasted),
    kernelMs: spread(runs.map(({ busyMs }) => busyMs)).median,
    /** From the page to the sandbox's worker and back. */
    crossingMs: spread(runs.map(({ askedMs, answeredMs, tookMs }) => answeredMs - askedMs - tookMs)).median,
    /** From an answer to the next question: the digest, and once a lease its commit and the next lease. */
    betweenMs: spread(between),
  };
}

type Result = { taskMs: number; bareTaskMs: Spread; gridTaskMs: Spread; ratio: Spread } & ReturnType<
  typeof whereTimeGoes
>;

function say({ taskMs, bareTaskMs, gridTaskMs, ratio, kernelShare, kernelMs, crossingMs, betweenMs }: Result) {
  const text = ({ median, least, most }: Spread) => `${median} (${least}–${most})`;
  console.log(`tasks of ${taskMs} ms`);
  console.log(`  bare worker, ms a task: ${text(bareTaskMs)}`);
  console.log(`  the grid, ms a task: ${text(gridTaskMs)}`);
  console.log(`  ratio: ${text(ratio)}; the kernel ran ${kernelShare} of the time`);
  console.log(
    `  of a task, ms: kernel ${kernelMs}, to the sandbox and back ${crossingMs}, until the next is asked ${text(betweenMs)}`,
  );
}

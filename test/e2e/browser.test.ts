// The whole grid with real browsers: relay, chain and pages in a process of their own, each volunteer a Chromium with a
// fresh profile, WebGPU by whatever driver the machine has.
import { Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { checkReceipt, Grid, type Job, type JobRequest, type Result } from "../../client/index.ts";
import { loadSamples } from "../../kernels/load.ts";
import { referenceScores } from "../../kernels/protein-search/reference.ts";
import { builtinOf } from "../../kernels/registry.ts";
import type { Address, Cid } from "../../protocol/ids.ts";
import type { DemoVolunteer } from "../../tools/demo/volunteer.ts";
import { serveEmbedder } from "../attackers/embedder.ts";
import {
  type BadKernel,
  brokenWgsl,
  endlessWasm,
  endlessWgsl,
  racingWgsl,
  trappingWasm,
} from "../attackers/kernels.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { compileSquares, squares, squaresOf } from "../relay/squares.ts";
import { addressOf, openVolunteer, shows } from "./volunteer.ts";

const PRICE_WEI = 10n ** 18n;
/** Proteins of the slice: the shortest of the sample, so that a software GPU is done in seconds. */
const PROTEINS = 12;

const builtin = builtinOf("protein-search")!;
const requester = Wallet.createRandom();
const terms = { law: "poco", trust: 2, replicas: 2, priceWei: PRICE_WEI } as const;

let grid: TestGrid;
let client: Grid;
let ann: DemoVolunteer;
let bob: DemoVolunteer;
const opened: DemoVolunteer[] = [];
let squaresApp: Cid;

const open = async (name: string, lieOn?: number) => {
  const volunteer = await openVolunteer({ url: grid.url, name, ...(lieOn && { lieOn }) });
  opened.push(volunteer);
  return volunteer;
};
const submit = (request: Omit<JobRequest, keyof typeof terms> & Partial<JobRequest>): Promise<Job> =>
  client.submit({ ...terms, ...request }, requester);
const collect = async (job: Job): Promise<Result[]> => {
  const results: Result[] = [];
  for await (const result of job.results()) results.push(result);
  return results;
};
const submitSquares = (items = 16, change: Partial<JobRequest> = {}) =>
  submit({ app: squaresApp, params: {}, inputs: [], items, itemsPerTask: 4, ...change });

/** A small slice of the real sample, and what the plain reference says of it. */
async function proteins() {
  const { queries } = await loadSamples(builtin);
  const entries = new TextDecoder()
    .decode(queries)
    .split(/^(?=>)/m)
    .filter(Boolean);
  const slice = entries
    .sort((a, b) => a.length - b.length)
    .slice(0, PROTEINS)
    .join("");
  const job = builtin.prepare({ queries: new TextEncoder().encode(slice) }, {});
  return { ...job, itemsPerTask: PROTEINS, expected: new Uint8Array(referenceScores(job).buffer) };
}
async function submitProteins(change: Partial<JobRequest> = {}) {
  const { params, inputs, items, itemsPerTask, expected } = await proteins();
  const app = (await client.apps()).find(({ manifest }) => manifest.name === "protein-search")!.id;
  const cids = await Promise.all(inputs.map((bytes) => client.upload(bytes)));
  return { job: await submit({ app, params, inputs: cids, items, itemsPerTask, ...change }), expected };
}

beforeAll(async () => {
  grid = await startGrid("--epoch-seconds", "1");
  client = await Grid.connect(grid.url);
  await client.fund(requester.address as Address);
  squaresApp = (await client.publish(squares, await compileSquares())).id;
  [ann, bob] = await Promise.all([open("Ann"), open("Bob")]);
});
afterAll(async () => {
  await Promise.all(opened.map((volunteer) => volunteer.close()));
  client?.close();
  await grid?.close();
});

describe("real browsers", () => {
  it("compute proteins on WebGPU, give each other the data over WebRTC, and are paid", async () => {
    const adapters = await Promise.all([ann, bob].map(async (v) => (await v.look())!.engines.adapter));
    expect(adapters.every((adapter) => adapter !== "")).toBe(true);
    for (const volunteer of [ann, bob]) {
      const view = await client.worker(await addressOf(volunteer));
      expect(view.engines).toContain("wgsl");
      expect(view.adapter).not.toBe("");
    }

    // Three owners are wanted: the job waits for the one who comes late, and finds the inputs with the others.
    const { job, expected } = await submitProteins({ replicas: 3 });
    await shows(ann, ({ peers }) => peers.bytesFromRelay + peers.bytesFromPeers > 0);
    await shows(bob, ({ peers }) => peers.bytesFromRelay + peers.bytesFromPeers > 0);
    const cy = await open("Cy");
    const results = await collect(job);
    expect(await job.output()).toEqual(expected);
    expect((await shows(cy, ({ peers }) => peers.bytesFromPeers > 0)).peers.bytesFromRelay).toBe(0);
    for (const { index, output } of results)
      expect(checkReceipt(await job.receipt(index), output).checks.filter(({ ok }) => !ok)).toEqual([]);

    const deal = await vi.waitFor(
      async () => {
        const found = await client.deal(job.id);
        expect(found).toMatchObject({ closed: true, pendingTasks: 0 });
        return found;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(deal.settledTasks).toBe(results.length);
    for (const volunteer of [ann, bob, cy])
      await vi.waitFor(
        async () => {
          const { creditedWei, earnedWei } = await client.worker(await addressOf(volunteer));
          expect(BigInt(creditedWei)).toBeGreaterThan(0n);
          expect(creditedWei).toBe(earnedWei);
        },
        { timeout: 30_000, interval: 200 },
      );
    await cy.close();
  });

  it("agree on a picture too large for both to send: each shows the leaves that are asked for, one sends it", async () => {
    const renderer = builtinOf("render")!;
    const scene = (await loadSamples(renderer)).scene!;
    const { params, inputs, items } = renderer.prepare({ scene }, { width: 96, height: 96, samples: 16, bounces: 1 });
    const app = (await client.apps()).find(({ manifest }) => manifest.name === "render")!.id;
    const cids = await Promise.all(inputs.map((bytes) => client.upload(bytes)));
    const job = await submit({ app, params, inputs: cids, items, itemsPerTask: items, law: "pool" });
    const [result] = await collect(job);
    expect(result!.output.length).toBeGreaterThan(64 * 1024);
    expect(result!.workers.length).toBe(2);
    expect(checkReceipt(await job.receipt(0), result!.output).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("are not blamed for a shader that races: its job stops, and says why", async () => {
    const cy = await open("Cy, who makes three");
    const { manifest, code } = racingWgsl();
    const { id } = await client.publish(manifest, code);
    const items = 4 * 65_536;
    const job = await submit({ app: id, params: {}, inputs: [], items, itemsPerTask: items / 4, replicas: 3 });
    const view = await job.done;
    expect(view).toMatchObject({ state: "stopped", error: { code: "kernel-nondeterministic" } });
    expect(view.error!.message).toContain("two runs on one machine differ");
    for (const volunteer of [ann, bob, cy])
      expect(await client.worker(await addressOf(volunteer))).toMatchObject({ bad: 0, banned: false });
    await cy.close();
  });

  it("outvote a liar, who is paid nothing", async () => {
    const liar = await open("Dan, who always lies", 1);
    const address = await addressOf(liar);
    const job = await submitSquares(64, { replicas: 2 });
    const results = await collect(job);
    expect(await job.output()).toEqual(squaresOf({ first: 0, count: 64 }));
    expect(results.some(({ rejected }) => rejected.includes(address))).toBe(true);
    expect(results.every(({ workers }) => !workers.includes(address))).toBe(true);
    expect((await job.view()).mismatches).toBeGreaterThan(0);
    expect(await client.worker(address)).toMatchObject({ earnedWei: "0", creditedWei: "0", good: 0 });
    await liar.close();
  });
});

describe("a page that was given a bad kernel reports it, and then does a normal job:", () => {
  async function stoppedBy({ manifest, code }: BadKernel, meanwhile: () => Promise<unknown> = async () => {}) {
    const { id } = await client.publish(manifest, code);
    const job = await submit({ app: id, params: {}, inputs: [], items: 1, itemsPerTask: 1, replicas: 1, trust: 1 });
    const [view] = await Promise.all([job.done, meanwhile()]);
    expect(view.state).toBe("stopped");
    return view.error!;
  }
  const worksStill = async () => {
    const job = await submitSquares();
    await collect(job);
    expect(await job.output()).toEqual(squaresOf({ first: 0, count: 16 }));
  };
  const gpuWorksStill = async () => {
    const { job, expected } = await submitProteins();
    await collect(job);
    expect(await job.output()).toEqual(expected);
  };

  it("a shader that does not compile", async () => {
    const { code, message } = await stoppedBy(brokenWgsl());
    expect([code, message]).toEqual(["kernel-compile", expect.stringContaining("there_is_no_such_function")]);
    await gpuWorksStill();
  });

  it("a module that traps", async () => {
    const { code, message } = await stoppedBy(await trappingWasm());
    expect([code, message]).toEqual(["kernel-trap", expect.stringContaining("unreachable")]);
    await worksStill();
  });

  /** Lets the time run out in the pages that run the kernel: their clocks jump, the relay's does not. */
  const passTime = (title: string) => () =>
    Promise.all(
      [ann, bob].map(async (volunteer) => {
        const { clock } = volunteer.page;
        await clock.install();
        await shows(volunteer, ({ current }) => current?.title === title);
        // Again until it is killed: what is shown as begun may still be loading, with no time running yet.
        await shows(
          volunteer,
          ({ current }) => current?.title !== title,
          () => clock.fastForward(60_000),
        );
      }),
    );

  it("a module that never ends", async () => {
    const { code } = await stoppedBy(await endlessWasm(), passTime("endless-wasm"));
    expect(code).toBe("kernel-timeout");
    await worksStill();
  });

  it("a dispatch that never ends", async () => {
    const { code } = await stoppedBy(endlessWgsl(), passTime("endless-wgsl"));
    expect(["kernel-timeout", "device-lost"]).toContain(code);
    await gpuWorksStill();
  });

  it("none at all, but a GPU that is lost", async () => {
    // The job before has its pipelines on the device that goes away.
    await gpuWorksStill();
    await Promise.all([ann, bob].map(killGpu));
    await gpuWorksStill();
    for (const volunteer of [ann, bob]) await shows(volunteer, ({ notice }) => notice.includes("GPU device was lost"));
  });
});

/** The browser's GPU process dies, as when a driver crashes; the browser starts another. */
async function killGpu({ page }: DemoVolunteer): Promise<void> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  process.kill(processInfo.find(({ type }) => type === "GPU")!.id, "SIGKILL");
  await session.detach();
}

describe("the sandbox", () => {
  it("has no network, no storage and no way to the page, in its frame or its worker", async () => {
    await collect(await submitSquares());
    const frame = ann.page.frames().find((one) => one.url().endsWith("/sandbox/"))!;
    await ann.page.evaluate(() => {
      // biome-ignore lint/suspicious/noDocumentCookie: what pages have always done, and what a thief would look for.
      document.cookie = "secret=of the page";
      localStorage.setItem("secret", "of the page");
    });
    expect(new URL(frame.url()).hostname).not.toBe(new URL(ann.page.url()).hostname);
    const seen = await frame.evaluate(async (url) => {
      const attempt = async (work: () => unknown) => {
        try {
          return String(await work());
        } catch (error) {
          return (error as Error).name;
        }
      };
      return {
        cookie: document.cookie,
        storage: await attempt(() => localStorage.getItem("secret")),
        databases: await attempt(async () => (await indexedDB.databases()).length),
        document: await attempt(() => parent.document),
        fetch: await attempt(() => fetch(url)),
        image: await attempt(
          () =>
            new Promise((resolve, reject) =>
              Object.assign(new Image(), { onload: resolve, onerror: () => reject(new Error("refused")), src: url }),
            ),
        ),
      };
    }, `${grid.url}/api/pool`);
    const { storage, databases, ...rest } = seen;
    // Its own and empty, or none at all: browsers differ.
    expect(["null", "SecurityError"]).toContain(storage);
    expect(["0", "SecurityError", "UnknownError"]).toContain(databases);
    expect(rest).toEqual({
      cookie: "",
      document: "SecurityError",
      fetch: "TypeError",
      image: "Error",
    });

    const [worker] = ann.page.workers().filter((one) => one.url().startsWith("blob:http://127.0.0.1"));
    const names = [
      "fetch",
      "WebSocket",
      "XMLHttpRequest",
      "importScripts",
      "indexedDB",
      "caches",
      "BroadcastChannel",
      "Worker",
      "EventSource",
      "WebTransport",
    ];
    const types = await worker!.evaluate((all) => all.map((name) => typeof (globalThis as never)[name]), names);
    expect(types).toEqual(names.map(() => "undefined"));
    const imported = await worker!.evaluate(
      `import("${grid.url}/api/pool").then(() => "imported", (error) => error.name)`,
    );
    expect(imported).toBe("TypeError");
  });

  it("and the page tell a foreign page that embeds them nothing", async () => {
    const embedder = await serveEmbedder();
    const tab = await ann.page.context().newPage();
    await tab.goto(embedder.url(grid.url));
    const handle = await tab.waitForFunction(() => (globalThis as { result?: unknown }).result);
    const { tried, heard } = (await handle.jsonValue()) as { tried: Record<string, string>; heard: unknown[] };
    expect(tried).toEqual({
      document: "SecurityError",
      indexedDB: "SecurityError",
      shown: "SecurityError",
      localStorage: "SecurityError",
    });
    expect(heard).toEqual([]);
    await tab.close();
    embedder.close();
  });
});

describe("a volunteer", () => {
  /** Long enough to be interrupted. */
  const submitLong = async () => {
    const { manifest, code } = await endlessWasm();
    const { id } = await client.publish({ ...manifest, name: "long" }, code);
    return submit({ app: id, params: {}, inputs: [], items: 1, itemsPerTask: 1, replicas: 1, trust: 1 });
  };
  const isAtWork = async (job: Job) => (await job.view()).running > 0;

  it("who pauses hands back what is leased at once, does nothing while paused, and goes on after", async () => {
    await bob.close();
    const job = await submitSquares(4000, { replicas: 1, trust: 1 });
    await shows(ann, ({ phase }) => phase === "working");
    await ann.page.getByRole("button", { name: /pause/i }).click();
    const paused = await shows(ann, ({ phase }) => phase === "paused");
    expect(paused.current).toBe(undefined);
    await vi.waitFor(async () => expect(await isAtWork(job)).toBe(false), { timeout: 30_000 });
    const { certified } = await job.view();
    const other = await submitSquares();
    expect((await other.view()).running).toBe(0);
    expect((await job.view()).certified).toBe(certified);
    await ann.page.getByRole("button", { name: /resume|go on|continue/i }).click();
    expect((await job.done).state).toBe("done");
    await other.cancel();
  });

  it("who closes the tab in the middle of a task gives it back at once", async () => {
    const job = await submitLong();
    await shows(ann, ({ current }) => current !== undefined);
    expect(await isAtWork(job)).toBe(true);
    await ann.page.close();
    await vi.waitFor(async () => expect(await isAtWork(job)).toBe(false), { timeout: 30_000 });
    await job.cancel();
  });
});

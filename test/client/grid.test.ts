import { Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkReceipt, Grid, type Job, type JobRequest, type PublishedApp, type Result } from "../../client/index.ts";
import { loadSamples } from "../../kernels/load.ts";
import { builtinOf } from "../../kernels/registry.ts";
import type { Cid } from "../../protocol/ids.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { lyingProxy } from "./lyingProxy.ts";

const ECT = 10n ** 18n;
const builtin = builtinOf("option-pricing")!;

let server: TestGrid;
let grid: Grid;
let app: PublishedApp;
let signer: Wallet;
let volunteers: NodeVolunteer[] = [];

/** Sixteen tasks of a few milliseconds each. */
async function request(change: Partial<JobRequest> = {}): Promise<JobRequest> {
  const { params, inputs, items } = builtin.prepare(await loadSamples(builtin), { style: 0, paths: 65_536 });
  const cids: Cid[] = [];
  for (const input of inputs) cids.push(await grid.upload(input));
  return {
    app: app.id,
    params,
    inputs: cids,
    items,
    itemsPerTask: 1,
    law: "poco",
    trust: 2,
    replicas: 2,
    priceWei: ECT / 100n,
    ...change,
  };
}

async function collect(job: Job, after = 0): Promise<Result[]> {
  const results: Result[] = [];
  for await (const result of job.results({ after })) results.push(result);
  return results;
}

beforeAll(async () => {
  server = await startGrid();
  grid = await Grid.connect(server.url);
  app = (await grid.apps()).find(({ manifest }) => manifest.name === "option-pricing")!;
  signer = new Wallet(Wallet.createRandom().privateKey);
  await grid.fund(signer);
});

afterAll(async () => {
  for (const volunteer of volunteers) volunteer.close();
  grid.close();
  await server.close();
});

describe("before anybody computes", () => {
  test("a blob comes back as it was sent, under the name we give it ourselves", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    expect(await grid.download(await grid.upload(bytes))).toEqual(bytes);
  });

  test("a quote says that nobody could start", async () => {
    const { tasks, depositWei, outlook } = await grid.quote(await request(), ECT / 100n);
    expect({ tasks, depositWei, state: outlook.state }).toEqual({
      tasks: 16,
      depositWei: (16n * ECT) / 100n,
      state: "nobody",
    });
  });

  test("a wallet that cannot pay is told so, and nothing is opened", async () => {
    const poor = Wallet.createRandom();
    await expect(grid.submit(await request(), poor)).rejects.toMatchObject({
      code: "bad-deal",
      message: expect.stringMatching(/expected \d+ wei of ECT/),
    });
    expect(await grid.jobs(poor.address)).toEqual([]);
  });

  test("a price below the Hub's least is refused in the contract's own words", async () => {
    await expect(grid.submit(await request({ priceWei: 1n }), signer)).rejects.toMatchObject({
      code: "bad-deal",
      message: expect.stringContaining("PriceTooLow(1, 1000000000000)"),
    });
  });

  test("a parameter out of range never reaches the chain", async () => {
    const before = await grid.balances(signer.address);
    await expect(grid.submit(await request({ params: { style: 9 } }), signer)).rejects.toMatchObject({
      code: "bad-job",
    });
    expect(await grid.balances(signer.address)).toEqual(before);
  });
});

describe("a job", () => {
  let job: Job;
  const steps: string[] = [];

  beforeAll(async () => {
    volunteers = [new NodeVolunteer(server.url), new NodeVolunteer(server.url)];
    await Promise.all(volunteers.map(({ greeted }) => greeted));
    job = await grid.submit(await request({ title: "a price" }), signer, ({ step }) => void steps.push(step));
  });

  test("is paid by deposit and deal, in this order, to the wei", async () => {
    expect(steps).toEqual(["deposit", "openDeal", "announce"]);
    expect((await grid.balances(signer.address)).freeWei).toBe(0n);
    expect(await grid.deal(job.id)).toMatchObject({ tasks: 16, pricePerTaskWei: ECT / 100n });
  });

  test("streams every task's result once, each with the digest of its bytes", async () => {
    const results = await collect(job);
    expect(results.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, index) => index),
    );
    for (const { workers } of results) expect(workers).toHaveLength(2);
    expect((await job.done).state).toBe("done");
  });

  test("gives the same bytes whole, by task, and streamed", async () => {
    const { itemBytes } = app.manifest.output;
    const whole = await job.output();
    for (const { first, index, output } of await collect(job)) {
      expect(whole.subarray(first * itemBytes, first * itemBytes + output.length)).toEqual(output);
      if (index === 3) expect(await job.taskOutput(3)).toEqual(output);
    }
  });

  test("can be followed from where a reader had stopped", async () => {
    const all = await collect(job);
    expect(await collect(job, 10)).toEqual(all.slice(10));
  });

  test("has receipts that hold on this machine, and do not once a byte is changed", async () => {
    const receipt = await job.receipt(5);
    const output = await job.taskOutput(5);
    expect(checkReceipt(receipt, output)).toMatchObject({ ok: true });
    output[0]! ^= 1;
    expect(checkReceipt(receipt, output).ok).toBe(false);
    const [first, second] = receipt.contributions;
    const swapped = { ...receipt, contributions: [{ ...first!, salt: second!.salt }, second!] };
    expect(checkReceipt(swapped).ok).toBe(false);
  });

  test("is found again by its id and by its requester", async () => {
    expect((await grid.job(job.id).view()).title).toBe("a price");
    expect((await grid.jobs(signer.address)).map((view) => view.job)).toContain(job.id);
  });

  test("handed to the relay a second time is the same job", async () => {
    const { spec } = await job.view();
    expect((await grid.announce({ dealId: job.id, spec })).id).toBe(job.id);
  });

  test("tells its tasks in pages", async () => {
    const all = await job.tasks();
    expect(all).toHaveLength(16);
    expect(await job.tasks(4, 3)).toEqual(all.slice(4, 7));
  });
});

describe("a job whose volunteers are checked", () => {
  test("gives its results in item order to who wants that, whatever order they are certified in", async () => {
    const job = await grid.submit(await request({ law: "pool", trust: 3, replicas: 1 }), signer);
    const sequence: number[] = [];
    const both = await Promise.all([
      (async () => {
        const found: Uint8Array[] = [];
        for await (const { index, output } of job.resultsInOrder()) {
          expect(index).toBe(found.length);
          found.push(output);
        }
        return found;
      })(),
      (async () => {
        const found: Uint8Array[] = [];
        for await (const { index, output } of job.results()) {
          sequence.push(index);
          found[index] = output;
        }
        return found;
      })(),
    ]);
    expect(both[0]).toHaveLength(16);
    expect(both[0]).toEqual(both[1]);
    expect(sequence.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, index) => index));
  });

  test("tells its tasks to its requester, and to others when it has ended", async () => {
    for (const volunteer of volunteers) volunteer.close();
    volunteers = [];
    const job = await grid.submit(await request({ law: "pool", trust: 3, replicas: 1 }), signer);
    expect(await job.tasks()).toHaveLength(16);
    for (const other of [grid.job(job.id), grid.job(job.id, Wallet.createRandom())]) {
      await expect(other.tasks()).rejects.toMatchObject({ code: "not-yours" });
      await expect(other.taskOutput(0)).rejects.toMatchObject({ code: "not-yours" });
      await expect(other.receipt(0)).rejects.toMatchObject({ code: "not-yours" });
      expect((await other.view()).state).toBe("running");
    }
    await job.cancel();
    expect(await grid.job(job.id).tasks()).toHaveLength(16);
    volunteers = [1, 2, 3].map(() => new NodeVolunteer(server.url));
  });
});

describe("a relay that is killed while a job runs", () => {
  test("loses no result of a reader who stays", async () => {
    const job = await grid.submit(await request(), signer);
    const seen: number[] = [];
    for await (const { index } of job.results()) {
      seen.push(index);
      if (seen.length === 3) await server.crash();
    }
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, index) => index));
  });
});

describe("stopping a job", () => {
  test("is the requester's alone, and ends its stream", async () => {
    for (const volunteer of volunteers) volunteer.close();
    volunteers = [];
    const job = await grid.submit(await request(), signer);
    await expect(grid.job(job.id, Wallet.createRandom()).cancel()).rejects.toMatchObject({ code: "bad-signature" });
    await expect(grid.job(job.id).cancel()).rejects.toMatchObject({ code: "not-yours" });
    const done = job.done;
    await job.cancel();
    expect((await done).state).toBe("stopped");
  });
});

describe("a relay that lies", () => {
  const swapDigit = (text: string, after: string) => {
    const at = text.indexOf(after) + after.length;
    return text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
  };
  const flipByte = (text: string) => String.fromCharCode(text.charCodeAt(0) ^ 1) + text.slice(1);

  async function finishedJob(): Promise<Job> {
    const [view] = (await grid.jobs(signer.address)).filter(
      ({ state, title }) => state === "done" && title === "a price",
    );
    return grid.job(view!.job);
  }

  test("about a blob's bytes is found out", async () => {
    const cid = await grid.upload(new Uint8Array([1, 2, 3]));
    const liar = await Grid.connect(
      await lyingProxy(server.url, (path, text) => (path.includes(cid) ? flipByte(text) : text)),
    );
    await expect(liar.download(cid)).rejects.toMatchObject({ code: "bad-blob" });
  });

  test("about the name of what was uploaded is found out", async () => {
    const liar = await Grid.connect(
      await lyingProxy(server.url, (path, text) =>
        path === "/api/blobs" ? text.replace(/bafkrei./, (id) => `bafkrei${id[7] === "a" ? "b" : "a"}`) : text,
      ),
    );
    await expect(liar.upload(new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: "bad-blob" });
  });

  test("about an app's manifest is found out, and its list leaves the app away", async () => {
    const liar = await Grid.connect(
      await lyingProxy(server.url, (_, text) => text.replaceAll('"title":"Option pricing"', '"title":"Option prices"')),
    );
    await expect(liar.app(app.id)).rejects.toMatchObject({ code: "bad-app" });
    expect((await liar.apps()).map(({ id }) => id)).not.toContain(app.id);
    expect((await grid.apps()).map(({ id }) => id)).toContain(app.id);
  });

  test("about a result's bytes is found out in the stream, by task, and in the whole", async () => {
    const { id } = await finishedJob();
    const stream = await Grid.connect(
      await lyingProxy(server.url, (path, text) =>
        path.endsWith("/results")
          ? text.replace(/"output":"./, (said) => `"output":"${said.at(-1) === "B" ? "C" : "B"}`)
          : text,
      ),
    );
    await expect(collect(stream.job(id))).rejects.toMatchObject({ code: "bad-output" });
    const parts = await Grid.connect(
      await lyingProxy(server.url, (path, text) => (path.endsWith("/output") ? flipByte(text) : text)),
    );
    await expect(parts.job(id).taskOutput(0)).rejects.toMatchObject({ code: "bad-output" });
    await expect(parts.job(id).output()).rejects.toMatchObject({ code: "bad-output" });
  });

  test("about which items a result covers is found out", async () => {
    const { id } = await finishedJob();
    const liar = await Grid.connect(
      await lyingProxy(server.url, (path, text) =>
        path.endsWith("/results") ? text.replace('"first":0', '"first":1') : text,
      ),
    );
    await expect(collect(liar.job(id))).rejects.toMatchObject({ code: "bad-output" });
  });

  test("with the receipt of another task is found out", async () => {
    const { id } = await finishedJob();
    const other = await (await fetch(`${server.url}/api/jobs/${id}/tasks/2/receipt`)).text();
    const liar = await Grid.connect(
      await lyingProxy(server.url, (path, text) => (path.endsWith("/receipt") ? other : text)),
    );
    await expect(liar.job(id).receipt(1)).rejects.toMatchObject({ code: "bad-receipt" });
  });

  test("about who signed is found out by the receipt's check", async () => {
    const { id } = await finishedJob();
    const liar = await Grid.connect(
      await lyingProxy(server.url, (path, text) =>
        path.endsWith("/receipt") ? swapDigit(text, '"worker":"0x') : text,
      ),
    );
    expect(checkReceipt(await liar.job(id).receipt(1)).ok).toBe(false);
  });

  test("about its protocol is not connected to", async () => {
    const url = await lyingProxy(server.url, (_, text) => text.replace('"protocol":1', '"protocol":2'));
    await expect(Grid.connect(url)).rejects.toMatchObject({ code: "bad-version" });
  });
});

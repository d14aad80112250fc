// A requester locks a budget once; its jobs cost no transaction, and are settled out of it.
import { Wallet } from "ethers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Grid, type JobRequest } from "../../client/index.ts";
import { loadSamples } from "../../kernels/load.ts";
import { builtinOf } from "../../kernels/registry.ts";
import { toAddress } from "../../protocol/ids.ts";
import { startGrid, type TestGrid } from "../grid.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { soon } from "../soon.ts";

const ECT = 10n ** 18n;
const PRICE_WEI = ECT / 100n;
const builtin = builtinOf("option-pricing")!;
let server: TestGrid;
let grid: Grid;
let signer: Wallet;
let volunteers: NodeVolunteer[];
let request: JobRequest;

beforeAll(async () => {
  server = await startGrid();
  grid = await Grid.connect(server.url);
  signer = new Wallet(Wallet.createRandom().privateKey);
  await grid.fund(signer);
  volunteers = [new NodeVolunteer(server.url), new NodeVolunteer(server.url)];
  await Promise.all(volunteers.map(({ greeted }) => greeted));
  const { params, inputs } = builtin.prepare(await loadSamples(builtin), { style: 0, paths: 65_536 });
  const cids = await Promise.all(inputs.map((input) => grid.upload(input)));
  const app = (await grid.apps()).find(({ manifest }) => manifest.name === "option-pricing")!.id;
  const terms = { law: "poco", trust: 2, replicas: 2, priceWei: PRICE_WEI } as const;
  request = { app, params, inputs: cids, items: 4, itemsPerTask: 1, ...terms };
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.close();
  grid.close();
  await server.close();
});

it("a job under a lazy order costs no transaction and is paid from the budget; the rest comes first", async () => {
  const owner = toAddress(signer.address);
  await expect(grid.submitLazily(request, signer)).rejects.toMatchObject({ code: "not-funded" });
  await grid.lockBudget(signer, 10n * PRICE_WEI);
  const sent = await grid.provider.getTransactionCount(owner);
  const [one, two] = [await grid.submitLazily(request, signer), await grid.submitLazily(request, signer)];
  // 8 of 10 tasks are spoken for.
  const settled = (await grid.budgets.of(owner)).drawnWei;
  if (settled === 0n) await expect(grid.submitLazily(request, signer)).rejects.toMatchObject({ code: "not-funded" });
  for (const job of [one, two]) {
    for await (const _ of job.results());
    await soon(async () => {
      expect(await grid.deal(job.id)).toMatchObject({ settledTasks: 4, pendingTasks: 0 });
    });
  }
  expect(await grid.budgets.of(owner)).toMatchObject({ lockedWei: 2n * PRICE_WEI, drawnWei: 8n * PRICE_WEI });
  expect(await grid.provider.getTransactionCount(owner)).toBe(sent);
});

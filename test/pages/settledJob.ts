// A small job that real volunteers compute and the pool settles: something to look at in the pages.
import { Wallet } from "ethers";
import type { Grid, Job } from "../../client/index.ts";
import { builtinOf } from "../../kernels/registry.ts";
import { parseEct } from "../../web/pages/format/ect.ts";
import { soon } from "../soon.ts";

/** European options on a handful of returns: four short tasks for WASM. */
export async function submitJob(grid: Grid, key = Wallet.createRandom()): Promise<Job> {
  const { name } = builtinOf("option-pricing")!.manifest;
  const app = (await grid.apps()).find(({ manifest }) => manifest.name === name)!;
  const returns = new Uint8Array(new Float64Array([0.01, -0.01, 0.02]).buffer);
  const inputs = await Promise.all(app.manifest.inputs.map(() => grid.upload(returns)));
  await grid.fund(key);
  const terms = { law: "poco", trust: 2, replicas: 2, items: 4, itemsPerTask: 1 } as const;
  const params = { style: 0, paths: 65_536 };
  return grid.submit({ app: app.id, params, inputs, ...terms, priceWei: parseEct("0.01")! }, key);
}

/** The number of the epoch that settled it, once that is final. */
export async function settled(grid: Grid, job: Job): Promise<number> {
  await job.done;
  return soon(async () => {
    const [task] = await job.tasks(0, 1);
    const epoch = (await grid.epochs()).find(({ epoch }) => epoch === task?.epoch);
    if (epoch?.state !== "finalised") throw new Error(`expected the job's epoch to be final, found ${epoch?.state}`);
    return epoch.epoch;
  });
}

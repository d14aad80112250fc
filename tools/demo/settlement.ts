// The demo's view of the money, read from the chain: who has what, and whether the deposit is accounted for to the wei.
import { Contract, JsonRpcProvider } from "ethers";
import type { Grid, Job } from "../../client/index.ts";
import { hubAbi } from "../../contracts/abi.ts";
import type { EpochView } from "../../protocol/api.ts";
import type { Address } from "../../protocol/ids.ts";

const LONGEST_MS = 90_000;
const POLL_MS = 200;

export interface Money {
  epochs: EpochView[];
  depositWei: bigint;
  refundWei: bigint;
  workersWei: bigint;
  poolWei: bigint;
  burnedWei: bigint;
  /** Hub balance of each worker. */
  workers: Map<Address, bigint>;
}

/** Waits until every certified task of the job is paid, its deal closed, and every worker credited. */
export async function settled(
  relayUrl: string,
  grid: Grid,
  job: Job,
  workers: readonly Address[],
  depositWei: bigint,
): Promise<Money> {
  const pool = await grid.pool();
  const until = Date.now() + LONGEST_MS;
  for (;;) {
    const [epochs, deal] = await Promise.all([grid.epochs(), grid.deal(job.id)]);
    const final = epochs.filter((epoch) => epoch.state === "finalised");
    const paid = final.reduce((sum, epoch) => sum + BigInt(epoch.workersWei), 0n);
    const free = await balances(new URL(pool.rpcUrl, relayUrl).href, pool.hub, workers);
    const credited = [...free.values()].reduce((sum, wei) => sum + wei, 0n);
    if (deal.closed && deal.pendingTasks === 0 && credited === paid) {
      const sum = (of: "workersWei" | "poolWei" | "burnedWei") => final.reduce((total, e) => total + BigInt(e[of]), 0n);
      return {
        epochs: final,
        depositWei,
        refundWei: deal.pricePerTaskWei * BigInt(deal.tasks - deal.settledTasks),
        workersWei: sum("workersWei"),
        poolWei: sum("poolWei"),
        burnedWei: sum("burnedWei"),
        workers: free,
      };
    }
    if (Date.now() > until) throw new Error(`the settlement did not end in ${LONGEST_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function balances(rpc: string, hub: string, workers: readonly Address[]): Promise<Map<Address, bigint>> {
  const provider = new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1, staticNetwork: true });
  try {
    const contract = new Contract(hub, hubAbi, provider);
    const free = await Promise.all(workers.map((worker) => contract.getFunction("freeWei")(worker) as Promise<bigint>));
    return new Map(workers.map((worker, i) => [worker, free[i]!]));
  } finally {
    provider.destroy();
  }
}

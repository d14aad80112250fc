// A contract asks the pool for a computation, and is called back with the result: a Feed (contracts/examples/Feed.sol) that
// keeps the newest scores of one task.
import { AbiCoder, Contract, ContractFactory, type JsonRpcProvider, keccak256, parseEther, type Signer } from "ethers";
import type { Grid } from "../../client/index.ts";
import type { JobSpec } from "../../protocol/api.ts";
import { canonicalJson } from "../../protocol/canonicalJson.ts";
import type { Address, Bytes32, Cid } from "../../protocol/ids.ts";
import { appHash } from "../../protocol/job.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";

const PRICE_WEI = parseEther("0.5");
const DEADLINE_SECONDS = 600;
/** A few words of storage. */
const CALLBACK_GAS = 150_000;
const LONGEST_MS = 90_000;
const POLL_MS = 200;

export interface ContractResult {
  feed: Address;
  taskId: Bytes32;
  /** What the callback wrote: the first 32 bytes of the result. */
  value: Bytes32;
  /** Of the transaction that checked, paid and called back. */
  gas: number;
  workers: Address[];
}

/** `spec`: a task that fits into one leaf. Resolves when the contract has its result. */
export async function askByContract(
  grid: Grid,
  provider: JsonRpcProvider,
  requester: Signer,
  { app, spec, itemBytes }: { app: Cid; spec: JobSpec; itemBytes: number },
): Promise<ContractResult> {
  const pool = await grid.pool();
  const signer = requester.connect(provider);
  const tasks = new Contract(pool.tasks, artifactOf("Tasks").abi, signer);
  const { timestamp } = (await provider.getBlock("latest"))!;
  const request = {
    pool: pool.pool,
    appHash: appHash(app),
    trust: spec.trust,
    replicas: spec.replicas,
    priceWei: PRICE_WEI,
    maxFeeBps: pool.feeBps,
    deadline: Math.max(timestamp, Math.floor(Date.now() / 1000)) + DEADLINE_SECONDS,
    workerStakeWei: 0n,
    itemBytes,
    callbackGas: CALLBACK_GAS,
    ...FREE_ASSETS,
    spec: canonicalJson(spec),
  };
  // The Feed is bound to this computation, whatever its deadline.
  const type = tasks.interface.getFunction("request")!.inputs[0]!;
  const bound = keccak256(AbiCoder.defaultAbiCoder().encode([type], [{ ...request, deadline: 0 }]));
  const { abi, bytecode } = artifactOf("examples/Feed");
  const feed = (await new ContractFactory(abi, bytecode, signer).deploy(pool.tasks, bound)) as Contract;
  await feed.waitForDeployment();
  const address = await feed.getAddress();
  const token = new Contract(pool.token, artifactOf("EdgeToken").abi, signer);
  await (await token.getFunction("approve")(address, PRICE_WEI)).wait();
  await (await feed.getFunction("update")(request)).wait();

  const hub = new Contract(pool.hub, artifactOf("Hub").abi, provider);
  const until = Date.now() + LONGEST_MS;
  for (;;) {
    const [updated] = await feed.queryFilter(feed.getEvent("Updated")(), 0);
    if (updated && "args" in updated) {
      const receipt = (await provider.getTransactionReceipt(updated.transactionHash))!;
      const settled = receipt.logs
        .map((log) =>
          log.address === pool.hub || log.address.toLowerCase() === pool.hub ? hub.interface.parseLog(log) : null,
        )
        .find((event) => event?.name === "TaskSettled");
      return {
        feed: address.toLowerCase() as Address,
        taskId: updated.args.taskId,
        value: updated.args.value,
        gas: Number(receipt.gasUsed),
        workers: [...(settled?.args.workers ?? [])].map((worker: string) => worker.toLowerCase() as Address),
      };
    }
    if (Date.now() > until) throw new Error(`the contract had no result in ${LONGEST_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

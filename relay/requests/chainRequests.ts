// What the chain says of tasks that contracts asked for.
import type { Interface, Provider, TransactionReceipt } from "ethers";
import { type Address, type JobId, toAddress, toBytes32 } from "../../protocol/ids.ts";
import type { Contracts } from "../settlement/contracts.ts";
import type { TaskRequest } from "../store/requests.ts";

/** Requests of a pool in blocks `from` to `to`, both included, in the chain's order. */
export async function requestsIn(
  provider: Provider,
  contracts: Contracts,
  pool: Address,
  from: number,
  to: number,
): Promise<TaskRequest[]> {
  const topics = contracts.tasks.encodeFilterTopics("TaskRequested", [null, null, pool]);
  const address = contracts.addresses.tasks;
  const logs = await provider.getLogs({ address, topics, fromBlock: from, toBlock: to });
  return logs.flatMap((log) => {
    const event = contracts.tasks.parseLog(log);
    if (!event) return [];
    const { taskId, consumer, request } = event.args;
    return {
      id: toBytes32(taskId) as JobId,
      consumer: toAddress(consumer),
      spec: String(request.spec),
      itemBytes: Number(request.itemBytes),
      workerStakeWei: BigInt(request.workerStakeWei),
      deadline: Number(request.deadline),
    };
  });
}

export interface Settlement {
  rewards: { worker: Address; rewardWei: bigint }[];
  /** The consumer's callback failed: anybody can deliver the result again. */
  isUndelivered: boolean;
}

/** What a mined `certify` did. */
export function settlementIn(receipt: TransactionReceipt, contracts: Contracts): Settlement {
  const settlement: Settlement = { rewards: [], isUndelivered: false };
  for (const { name, args } of eventsOf(receipt, contracts.addresses.hub, contracts.hub)) {
    if (name !== "TaskSettled") continue;
    const rewardsWei = [...args.rewardsWei].map(BigInt);
    settlement.rewards = [...args.workers].map((worker, i) => ({
      worker: toAddress(worker),
      rewardWei: rewardsWei[i] ?? 0n,
    }));
  }
  for (const { name, args } of eventsOf(receipt, contracts.addresses.tasks, contracts.tasks))
    if (name === "ResultDelivered") settlement.isUndelivered = !args.success;
  return settlement;
}

const eventsOf = (receipt: TransactionReceipt, at: Address, contract: Interface) =>
  receipt.logs.flatMap((log) => (toAddress(log.address) === at ? (contract.parseLog(log) ?? []) : []));

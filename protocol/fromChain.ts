// Structs of the contracts, as an ABI decoder gives them, in our own types.
import type { Law } from "./api.ts";
import type { DealSummary, DealTerms, EpochHeader, SumTreeRoot, TreeRoot } from "./epoch.ts";
import { type Bytes32, toAddress, toBytes32 } from "./ids.ts";
import { unpackSum } from "./sumTree.ts";

/** What a contract numbers, in its order. */
const LAWS: readonly Law[] = ["pool", "poco"];
export const EPOCH_STATES = ["none", "pending", "final", "voided", "released"] as const;
export type ChainEpochState = (typeof EPOCH_STATES)[number];

/** How far a deal has come. */
export interface DealProgress {
  closed: boolean;
  settledTasks: number;
  /** In an epoch that is posted and not final. */
  pendingTasks: number;
}

interface DecodedDeal {
  payer: string;
  requester: string;
  pool: string;
  appHash: string;
  jobHash: string;
  law: bigint;
  trust: bigint;
  replicas: bigint;
  tasks: bigint;
  pricePerTaskWei: bigint;
  appWei: bigint;
  datasetWei: bigint;
  feeBps: bigint;
  deadline: bigint;
  closed: boolean;
  settledTasks: bigint;
  pendingTasks: bigint;
}

/** Of `dealOf`: an open deal, or a closed one; undefined if there never was one. */
export function dealFrom(dealId: Bytes32, deal: DecodedDeal): (DealTerms & DealProgress) | undefined {
  if (BigInt(deal.payer) === 0n) return undefined;
  return {
    dealId,
    payer: toAddress(deal.payer),
    requester: toAddress(deal.requester),
    pool: toAddress(deal.pool),
    appHash: toBytes32(deal.appHash),
    jobHash: toBytes32(deal.jobHash),
    law: LAWS[Number(deal.law)]!,
    trust: Number(deal.trust),
    replicas: Number(deal.replicas),
    tasks: Number(deal.tasks),
    pricePerTaskWei: deal.pricePerTaskWei,
    assetsWei: deal.appWei + deal.datasetWei,
    feeBps: Number(deal.feeBps),
    deadline: Number(deal.deadline),
    closed: deal.closed,
    settledTasks: Number(deal.settledTasks),
    pendingTasks: Number(deal.pendingTasks),
  };
}

interface DecodedTree {
  root: string;
  count: bigint;
}
interface DecodedSumTree extends DecodedTree {
  sum: bigint;
}
interface DecodedEpoch {
  pool: string;
  number: bigint;
  postedAt: bigint;
  valueWei: bigint;
  dealsHash: string;
  previous: DecodedSumTree;
  roots: {
    dataHash: string;
    tasks: DecodedTree;
    rewards: DecodedSumTree;
    commits: DecodedTree;
    ledger: DecodedSumTree;
  };
}
interface DecodedSummary {
  dealId: string;
  tasks: bigint;
  workersWei: bigint;
  poolWei: bigint;
  burnedWei: bigint;
}

const treeFrom = ({ root, count }: DecodedTree): TreeRoot => ({ root: toBytes32(root), count: Number(count) });
const sumTreeFrom = ({ root, count, sum }: DecodedSumTree): SumTreeRoot => ({
  ...treeFrom({ root, count }),
  sum: unpackSum(sum),
});

/** Of the event `Posted`. */
export function postingFrom(event: { epoch: DecodedEpoch; deals: Iterable<DecodedSummary> }): {
  header: EpochHeader;
  deals: DealSummary[];
} {
  const { epoch, deals } = event;
  const { roots } = epoch;
  return {
    header: {
      pool: toAddress(epoch.pool),
      number: Number(epoch.number),
      postedAt: Number(epoch.postedAt),
      valueWei: epoch.valueWei,
      dealsHash: toBytes32(epoch.dealsHash),
      previous: sumTreeFrom(epoch.previous),
      roots: {
        dataHash: toBytes32(roots.dataHash),
        tasks: treeFrom(roots.tasks),
        rewards: sumTreeFrom(roots.rewards),
        commits: treeFrom(roots.commits),
        ledger: sumTreeFrom(roots.ledger),
      },
    },
    deals: [...deals].map(({ dealId, tasks, workersWei, poolWei, burnedWei }) => ({
      dealId: toBytes32(dealId),
      tasks: Number(tasks),
      workersWei,
      poolWei,
      burnedWei,
    })),
  };
}

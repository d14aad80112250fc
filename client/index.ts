// What requesters program against, in browsers and in Node.js alike.
//
//   const grid = await Grid.connect("http://localhost:8080");
//   const job = await grid.submit({ app, params, inputs, items, itemsPerTask, law, trust, replicas, priceWei }, signer);
//   for await (const { index, output } of job.results()) …

export { type Offers, offersToAbi } from "../protocol/offers.ts";
export { type AirdropClaim, airdropOf, type Entitlement, StandardTree } from "./airdrop.ts";
export type { PublishedApp } from "./apps.ts";
export type { Budgets } from "./budget.ts";
export { type Asset, type AssetKind, readCatalogue, type UpdateRule } from "./catalogue.ts";
export { type CheckedEpoch, checkEpoch, checkTask, type EpochEvidence } from "./epochChecks.ts";
export type { FollowOptions, JobEvent } from "./followJob.ts";
export { Grid, type JobRequest, type OnStep, type SubmitStep } from "./grid.ts";
export { Job, type OrderedResult, type Result } from "./job.ts";
export { type MarketPlace, matchOrders, orderId, signOrder } from "./market.ts";
export { cancelOrder, type FilledPart, OrderBook, partsOf } from "./orders.ts";
export {
  type Deposit,
  depositOf,
  expectedReplicas,
  type Outlook,
  type Quote,
  type Terms,
  type Wishes,
} from "./quote.ts";
export { checkReceipt, parseReceipt, type Receipt, type ReceiptChecks } from "./receipt.ts";
export { type DealOnChain, type EpochOnChain, type PoolOnChain, type PostedEpoch, Settlement } from "./settlement.ts";
export type { Balances, DealView } from "./wallet.ts";
export {
  parseWithdrawal,
  type SignedWithdrawal,
  sendWithdrawal,
  signWithdrawal,
  type WithdrawalPlace,
  type WithdrawalWish,
  withdrawalToJson,
} from "./withdrawal.ts";

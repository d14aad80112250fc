// A job that comes with a lazy order: its deal is opened when its work is settled, and it costs no transaction before.
import * as v from "valibot";
import { jobSpecSchema } from "./api.ts";
import { orderSchemas, signatureSchema } from "./orders.ts";

/** POST /api/jobs, in the place of a deal's id. The order's hash under the Hub's domain is the job's name, as it is the deal's. */
export const lazySubmitSchema = v.strictObject({
  lazy: v.strictObject({ order: orderSchemas.LazyOrder, signature: signatureSchema }),
  spec: jobSpecSchema,
  title: v.optional(v.pipe(v.string(), v.maxLength(120))),
});
export type LazySubmit = v.InferOutput<typeof lazySubmitSchema>;

/** What a requester has locked for a pool, wei. */
export interface Budget {
  lockedWei: bigint;
  /** By the pool, of all that was ever locked for it. */
  drawnWei: bigint;
  /** Asked back: the pool counts on it no more. */
  leavingWei: bigint;
  /** When it can be withdrawn, seconds since 1970; 0 if nothing was asked back. */
  leavesAt: number;
}

/** What a pool may still count on. */
export const firmWei = ({ lockedWei, leavingWei }: Budget): bigint =>
  lockedWei > leavingWei ? lockedWei - leavingWei : 0n;

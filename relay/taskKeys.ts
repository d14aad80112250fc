// A task's opaque key is made from a nonce that only the relay can compute until the epoch publishes it.
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { taskKeyOf } from "../protocol/commit.ts";
import { type Bytes32, hex32, type JobId, type TaskKey } from "../protocol/ids.ts";
import { keccak } from "./hashes.ts";
import { ORDER_KEY_WORDS, type Order, secretOrder } from "./scheduler/order.ts";

export const nonceOf = (secret: Uint8Array | KeyObject, index: number): Uint8Array =>
  createHmac("sha256", secret).update(`task ${index}`).digest();

/** The order in which a job's tasks are leased for the first time, from the same secret. */
export function orderOf(tasks: number, secret: Uint8Array): Order {
  const bytes = createHmac("sha256", secret).update("order").digest();
  return secretOrder(
    tasks,
    Uint32Array.from({ length: ORDER_KEY_WORDS }, (_, word) => bytes.readUInt32LE(4 * word)),
  );
}

export function keyMaker(job: JobId, secret: Uint8Array): (index: number) => TaskKey {
  // Made once: from bytes, every HMAC would make it again, at four times the cost of the HMAC itself.
  const key = createSecretKey(secret);
  return (index) => hex32(taskKeyOf(job as Bytes32, index, nonceOf(key, index), keccak));
}

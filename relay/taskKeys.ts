// A task's opaque key is made from a nonce that only the relay can compute until the epoch publishes it.
import { createHmac } from "node:crypto";
import { taskKeyOf } from "../protocol/commit.ts";
import { type Bytes32, hex32, type JobId, type TaskKey } from "../protocol/ids.ts";

export const nonceOf = (secret: Uint8Array, index: number): Uint8Array =>
  createHmac("sha256", secret).update(`task ${index}`).digest();

export const keyMaker =
  (job: JobId, secret: Uint8Array) =>
  (index: number): TaskKey =>
    hex32(taskKeyOf(job as Bytes32, index, nonceOf(secret, index)));

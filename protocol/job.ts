// What a deal on chain binds of a job: hashes only, because a long string in a deal makes every later step pay for it.
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { JobSpec } from "./api.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { digestOfCid } from "./cid.ts";
import { type Bytes32, type Cid, hex32 } from "./ids.ts";

const utf8 = new TextEncoder();

/** keccak-256 of the spec's canonical JSON, without its part: a deal pays for this computation and no other. */
export const jobHash = ({ part: _, ...spec }: JobSpec): Bytes32 => hex32(keccak_256(utf8.encode(canonicalJson(spec))));

/**
 * SHA-256 in the app's content id: what the registry of assets keeps too, so that a contract can compare the two.
 * Throws `bad-id` for what cannot be an app: one is a blob of a single block.
 */
export const appHash = (app: Cid): Bytes32 => digestOfCid(app);

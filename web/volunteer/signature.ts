// Signatures in the page: the small portable library, since a worker signs a few times a minute.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { getPublicKey, hashes, sign } from "@noble/secp256k1";
import type { Address } from "../../protocol/ids.ts";
import { addressOfPublicKey, packSignature } from "../../protocol/signature.ts";

// Signing is synchronous only with hash functions at hand (RFC 6979's nonce).
hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** Deterministic (RFC 6979), low s. `hash` and `key` are 32 bytes. */
export function signHash(hash: Uint8Array, key: Uint8Array): Uint8Array {
  const recovered = sign(hash, key, { prehash: false, format: "recovered" });
  return packSignature(recovered.subarray(1), recovered[0]!);
}

/** The address of a private key of 32 bytes. */
export const addressOfKey = (key: Uint8Array): Address => addressOfPublicKey(getPublicKey(key, false));

// Signatures on the relay: the native library checks about 25 times as many a second as the portable one.
import secp256k1 from "secp256k1";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Address } from "../protocol/ids.ts";
import { addressOfPublicKey, packSignature, unpackSignature } from "../protocol/signature.ts";

/** Who signed `hash` (32 bytes). Throws `bad-signature` if the signature is malformed or fits no key. */
export function recoverAddress(hash: Uint8Array, signature: Uint8Array): Address {
  const { compact, recovery } = unpackSignature(signature);
  let publicKey: Uint8Array;
  try {
    publicKey = secp256k1.ecdsaRecover(compact, recovery, hash, false);
  } catch (cause) {
    throw new SuperEdgeError("bad-signature", "expected a signature by some key, found one that fits none", { cause });
  }
  return addressOfPublicKey(publicKey);
}

/** Deterministic (RFC 6979), low s. `key` is 32 bytes. */
export function signHash(hash: Uint8Array, key: Uint8Array): Uint8Array {
  const { signature, recid } = secp256k1.ecdsaSign(hash, key);
  return packSignature(signature, recid);
}

/** The address of a private key of 32 bytes. */
export const addressOfKey = (key: Uint8Array): Address => addressOfPublicKey(secp256k1.publicKeyCreate(key, false));

// Signatures as the EVM takes them: r (32 bytes) ‖ s (32 bytes) ‖ v (27 or 28), s in the lower half of the group's order.
// Who signs and recovers is elsewhere: relay/signature.ts (native) and web/volunteer/signature.ts (small).
import { keccak_256 } from "@noble/hashes/sha3.js";
import { invariant, SuperEdgeError } from "./errors.ts";
import { type Address, toHex } from "./ids.ts";

export const SIGNATURE_BYTES = 65;

/** Half of the order of secp256k1, rounded down: a larger s has a smaller twin that would sign the same. */
const HALF_ORDER = Uint8Array.from([
  0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
  0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
]);

/** The last 20 bytes of the key's keccak-256. `publicKey` is uncompressed: 4 ‖ x ‖ y, 65 bytes. */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  invariant(publicKey.length === 65 && publicKey[0] === 4, "expected an uncompressed public key of 65 bytes");
  return toHex(keccak_256(publicKey.subarray(1)).subarray(12)) as Address;
}

/** `compact` is r ‖ s; `recovery` is the parity of the point. */
export function packSignature(compact: Uint8Array, recovery: number): Uint8Array {
  invariant(compact.length === 64 && (recovery === 0 || recovery === 1), "expected r, s and a recovery bit");
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(compact);
  signature[64] = 27 + recovery;
  return signature;
}

/** Throws `bad-signature` if the layout is off or s is in the upper half. r and s are not otherwise checked. */
export function unpackSignature(signature: Uint8Array): { compact: Uint8Array; recovery: 0 | 1 } {
  if (signature.length !== SIGNATURE_BYTES)
    throw new SuperEdgeError("bad-signature", `expected ${SIGNATURE_BYTES} bytes, found ${signature.length}`);
  const v = signature[64];
  if (v !== 27 && v !== 28) throw new SuperEdgeError("bad-signature", `expected v of 27 or 28, found ${v}`);
  for (let i = 0; i < 32; i++) {
    const difference = signature[32 + i]! - HALF_ORDER[i]!;
    if (difference > 0) throw new SuperEdgeError("bad-signature", "expected s in the lower half of the order");
    if (difference < 0) break;
  }
  return { compact: signature.subarray(0, 64), recovery: v === 27 ? 0 : 1 };
}

// One asynchronous SHA-256 for bulk bytes: off the main thread where the platform can, in JavaScript where it cannot.
import { sha256 } from "@noble/hashes/sha2.js";

/**
 * SHA-256, 32 bytes. WebCrypto hashes on another thread at about ten times JavaScript's speed, but a page on
 * `http://<LAN address>` is no secure context and has none, and it refuses memory shared between threads.
 */
export async function hashBulk(bytes: Uint8Array): Promise<Uint8Array> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle || !isUnshared(bytes)) return sha256(bytes);
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

const isUnshared = (bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> => bytes.buffer instanceof ArrayBuffer;

// Keys, commitments and hashes as they travel many at a time: 32 bytes each, one after the other.

export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(32 * hashes.length);
  hashes.forEach((hash, i) => {
    bytes.set(hash, 32 * i);
  });
  return bytes;
}

/** Views into `bytes`, not copies. */
export const splitHashes = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));

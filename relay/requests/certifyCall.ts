// The transaction that settles one task, with the workers' own signatures in it.
import type { Interface } from "ethers";
import type { SettledTask } from "../../protocol/epoch.ts";
import { toHex } from "../../protocol/ids.ts";

/** Hexadecimal digits of a word, with 0x. */
const WORD_DIGITS = 66;

/** Call data of `certify`. `contributions` are sorted by worker, right and wrong ones. */
export function certifyData(
  tasks: Interface,
  { dealId, nonce, contributions }: SettledTask,
  result: Uint8Array,
): string {
  const parts = contributions.map(({ worker, digest, salt, batch, position, path }) => ({
    worker,
    sequence: batch.sequence,
    count: batch.count,
    position,
    digest,
    salt,
    // EIP-2098: r, then s with the parity of y in its highest bit.
    r: batch.signature.slice(0, WORD_DIGITS),
    vs: `0x${batch.signature.slice(WORD_DIGITS)}`,
    path: [...path],
  }));
  return tasks.encodeFunctionData("certify", [dealId, nonce, parts, [], toHex(result)]);
}

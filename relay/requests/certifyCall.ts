// The transaction that settles one task, with the workers' own signatures in it.
import { type Interface, Signature } from "ethers";
import type { SettledTask } from "../../protocol/epoch.ts";
import { toHex } from "../../protocol/ids.ts";

/** Call data of `certify`. `contributions` are sorted by worker, right and wrong ones. */
export function certifyData(
  tasks: Interface,
  { dealId, nonce, contributions }: SettledTask,
  result: Uint8Array,
): string {
  const parts = contributions.map(({ worker, digest, salt, batch, position, path }) => {
    const { sequence, count, signature } = batch;
    const { r, yParityAndS: vs } = Signature.from(signature);
    return { worker, sequence, count, position, digest, salt, r, vs, path: [...path] };
  });
  return tasks.encodeFunctionData("certify", [dealId, nonce, parts, [], toHex(result)]);
}

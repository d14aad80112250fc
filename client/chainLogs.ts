// Events of a contract, read backwards in pieces: nodes refuse wide ranges, and a page wants the newest first.
import type { Filter, Log, Provider } from "ethers";

/** Blocks whose logs are asked for at once: nodes refuse much wider ranges. */
export const BLOCKS_AT_ONCE = 10_000;

/**
 * Newest first, down to block 0 or for `ranges` ranges of 10,000 blocks. Returns the first block that was read: 0 if all were.
 * `to`: where to begin, the newest block unless told.
 */
export async function logsBackwards(
  provider: Provider,
  filter: Pick<Filter, "address" | "topics">,
  { to, ranges }: { to?: number; ranges: number },
): Promise<{ logs: Log[]; fromBlock: number }> {
  const logs: Log[] = [];
  let last = to ?? (await provider.getBlockNumber());
  let fromBlock = last + 1;
  for (let range = 0; range < ranges && last >= 0; range++) {
    fromBlock = Math.max(0, last - BLOCKS_AT_ONCE + 1);
    const found = await provider.getLogs({ ...filter, fromBlock, toBlock: last });
    logs.push(...found.reverse());
    last = fromBlock - 1;
  }
  return { logs, fromBlock };
}

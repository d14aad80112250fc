// `--cheat`: a second pool posts an epoch with a lie, and `superedge watch`, a process that knows of it only what everybody can
// read, proves it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Contract, formatEther, type JsonRpcProvider, Wallet } from "ethers";
import type { Grid } from "../../client/index.ts";
import { toAddress } from "../../protocol/ids.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import { LyingPool } from "./lyingPool.ts";

const SUPEREDGE = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

export interface CheatReport {
  pool: string;
  watchtower: string;
  /** What the lie would have paid, wei, as all below. */
  valueWei: string;
  bondBeforeWei: string;
  bondAfterWei: string;
  /** To the watchtower. */
  rewardWei: string;
  burnedWei: string;
  /** Back to who was to be charged. */
  refundWei: string;
  /** The contract's reason for not paying the pool. */
  refused: string;
  ok: boolean;
}

/** Throws if the watchtower ends without having proved the lie. */
export async function cheat(
  grid: Grid,
  provider: JsonRpcProvider,
  relayUrl: string,
  rpcUrl: string,
  say: (line: string) => void,
): Promise<CheatReport> {
  const pool = await LyingPool.open(grid, provider);
  const watcher = Wallet.createRandom();
  await grid.fund(toAddress(watcher.address));
  const { epoch } = pool;
  const bondBeforeWei = await pool.bondWei();
  say(`\nA second pool, with a bond of ${formatEther(bondBeforeWei)} ECT, and a watchtower that trusts nobody`);
  const stop = new AbortController();
  try {
    await pool.post();
    say(
      `  the pool posts an epoch of ${epoch.tasks.length} tasks, worth ${formatEther(epoch.valueWei)} ECT; it has made up one of two signatures`,
    );
    const relays = [relayUrl, pool.url];
    const tell = (line: string) => say(`  watchtower: ${short(line)}`);
    await watch(rpcUrl, relays, watcher.privateKey, pool.address, tell, stop);
  } finally {
    stop.abort();
    await pool.close();
  }
  const bondAfterWei = await pool.bondWei();
  const hub = new Contract((await grid.pool()).hub, artifactOf("Hub").abi, provider);
  const [slashed] = await hub.queryFilter(hub.getEvent("Slashed")(pool.address), 0);
  if (!slashed || !("args" in slashed)) throw new Error("a proof was told, and no slash is on the chain");
  const { challengerWei, burnedWei } = slashed.args;
  const rewardWei: bigint = await hub.getFunction("freeWei")(watcher.address);
  const refused = (await pool.finalise()) ?? "";
  const refundWei = await pool.refund();
  say(`  slashed: its bond was ${formatEther(bondBeforeWei)} ECT and is ${formatEther(bondAfterWei)}`);
  say(`  the watchtower has ${formatEther(rewardWei)} ECT of that, ${formatEther(burnedWei)} are burned`);
  say(
    `  the pool asks for its pay all the same: ${refused || "it is paid"}; its customer has ${formatEther(refundWei)} ECT back`,
  );
  return {
    pool: pool.address,
    watchtower: toAddress(watcher.address),
    valueWei: String(epoch.valueWei),
    bondBeforeWei: String(bondBeforeWei),
    bondAfterWei: String(bondAfterWei),
    rewardWei: String(rewardWei),
    burnedWei: String(burnedWei),
    refundWei: String(refundWei),
    refused,
    ok:
      bondBeforeWei - bondAfterWei === 2n * epoch.valueWei &&
      rewardWei === challengerWei &&
      challengerWei + burnedWei === 2n * epoch.valueWei &&
      refundWei === epoch.valueWei &&
      refused !== "",
  };
}

/** Addresses and hashes at a length that can be told apart on a screen. */
const short = (line: string): string => line.replace(/0x[0-9a-f]{40,64}/gi, (hex) => `${hex.slice(0, 10)}…`);

/** Runs the command as anybody would, until it has proved something of this pool. */
async function watch(
  rpc: string,
  relays: readonly string[],
  key: string,
  pool: string,
  say: (line: string) => void,
  stop: AbortController,
): Promise<void> {
  const args = ["watch", "--rpc", rpc, ...relays.flatMap((url) => ["--relay", url])];
  const child = spawn(process.execPath, [SUPEREDGE, ...args, "--poll-seconds", "1", "--idle-seconds", "1"], {
    env: { ...process.env, SUPEREDGE_WATCH_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let failed = "";
  child.stderr.on("data", (text) => {
    failed = (failed + text).slice(-1000);
  });
  stop.signal.addEventListener("abort", () => child.kill("SIGTERM"));
  let isProved = false;
  for await (const line of createInterface(child.stdout)) {
    if (line.includes(pool) || !line.startsWith("epoch")) say(line);
    if (!line.includes(`${pool}: `) || !line.includes("proved")) continue;
    isProved = true;
    stop.abort();
  }
  if (!isProved) throw new Error(`the watchtower ended without a proof: ${failed}`);
}

// What a command needs before it can talk to the contracts on some chain.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";

/** A clone that has only been installed has no artifacts yet. */
export function buildContracts(): void {
  const build = join(import.meta.dirname, "../build.ts");
  const { status } = spawnSync(process.execPath, [build, "contracts"], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the contracts could not be compiled; see above");
}

/** Asked once: a provider left to itself would try for ever. */
export async function connect(rpc: string): Promise<JsonRpcProvider> {
  const first = new JsonRpcProvider(rpc);
  try {
    const network = await first._detectNetwork();
    return new JsonRpcProvider(rpc, network, { staticNetwork: network, cacheTimeout: -1 });
  } catch (cause) {
    throw new Error(`expected a chain that answers at ${new URL(rpc).origin}, found none`, { cause });
  } finally {
    first.destroy();
  }
}

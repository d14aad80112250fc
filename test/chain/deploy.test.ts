import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrowserProvider, Wallet } from "ethers";
import { expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import { deploy } from "../../relay/chain/deploy.ts";
import { FaultyChain } from "./faultyChain.ts";

const NOW_S = 1_800_000_000;

it("deploys after what the deployer has sent and no block has yet", async () => {
  const wallet = new Wallet(`0x${"11".repeat(32)}`);
  const address = toAddress(wallet.address);
  const chain = await FaultyChain.open(31337, [address], () => NOW_S);
  const provider = new BrowserProvider(chain, undefined, { cacheTimeout: -1 });
  const deployer = wallet.connect(provider);
  chain.automatic = false;
  await deployer.sendTransaction({ to: address, value: 1n });
  expect(await chain.waiting()).toHaveLength(1);
  chain.automatic = true;
  const addresses = await deploy({
    deployer,
    file: join(mkdtempSync(join(tmpdir(), "superedge-")), "contracts.json"),
    treasury: address,
    supplyWei: 1_000_000n,
    windowSeconds: 60,
    unbondSeconds: 120,
    closeSeconds: 60,
  });
  for (const at of [addresses.token, addresses.hub, addresses.market])
    expect(await provider.getCode(at)).not.toBe("0x");
  provider.destroy();
  await chain.close();
});

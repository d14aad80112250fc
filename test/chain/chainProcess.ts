// A process that holds a chain and sends transactions to it as fast as it can, printing the hash of each one the chain has
// acknowledged. It is killed, never stopped.
import { BrowserProvider } from "ethers";
import { toAddress } from "../../protocol/ids.ts";
import { Chain } from "../../relay/chain/chain.ts";
import { walletOf } from "../settlement/world.ts";

const AT_ONCE = 8;

const [, , file] = process.argv;
const wallet = walletOf("sender");
const chain = await Chain.open({ file: file!, chainId: 31337, accounts: [toAddress(wallet.address)] });
const provider = new BrowserProvider(chain, undefined, { cacheTimeout: -1 });
let nonce = await provider.getTransactionCount(wallet.address);
const transfer = {
  to: walletOf("receiver").address,
  value: 1n,
  gasLimit: 21_000n,
  gasPrice: 10n ** 10n,
  chainId: 31337n,
};

const sendForever = async () => {
  for (;;) {
    const raw = await wallet.signTransaction({ ...transfer, nonce: nonce++ });
    const hash = await chain.request({ method: "eth_sendRawTransaction", params: [raw] });
    process.stdout.write(`${String(hash)}\n`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, sendForever));

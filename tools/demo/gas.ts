// What a settlement cost, read from the chain's own receipts: every transaction that posted, finalised or credited.
import { Contract, type JsonRpcProvider } from "ethers";
import { artifactOf } from "../../relay/chain/artifact.ts";

export interface SettlementGas {
  post: number;
  finalise: number;
  credit: number;
  total: number;
}

/** Of all epochs of one pool. */
export async function settlementGas(
  provider: JsonRpcProvider,
  { pool, hub, epochs }: { pool: string; hub: string; epochs: string },
): Promise<SettlementGas> {
  const epochsAt = new Contract(epochs, artifactOf("Epochs").abi, provider);
  const hubAt = new Contract(hub, artifactOf("Hub").abi, provider);
  const sum = async (contract: Contract, event: string): Promise<number> => {
    const logs = await contract.queryFilter(contract.getEvent(event)(pool), 0);
    const hashes = [...new Set(logs.map(({ transactionHash }) => transactionHash))];
    const receipts = await Promise.all(hashes.map((hash) => provider.getTransactionReceipt(hash)));
    return receipts.reduce((total, receipt) => total + Number(receipt!.gasUsed), 0);
  };
  const [post, finalise, credit] = await Promise.all([
    sum(epochsAt, "Posted"),
    sum(epochsAt, "Finalised"),
    sum(hubAt, "Credited"),
  ]);
  return { post, finalise, credit, total: post + finalise + credit };
}

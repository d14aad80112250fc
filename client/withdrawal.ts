// What was earned, paid out by a signed order: whoever has no coin for gas signs, and anybody sends it for a fee.
import { Contract, randomBytes, type Signer } from "ethers";
import { hubAbi, withdrawalsAbi } from "../contracts/abi.ts";
import { DOMAIN_NAME, DOMAIN_VERSION } from "../protocol/commit.ts";
import { type Address, type Bytes32, type Hex, hex32, toAddress, toBytes32 } from "../protocol/ids.ts";
import { type SignedWithdrawal, type Withdrawal, withdrawalTypes } from "../protocol/withdrawal.ts";

export { parseWithdrawal, type SignedWithdrawal, type Withdrawal, withdrawalToJson } from "../protocol/withdrawal.ts";

/** Where the contract is: of a relay's `PoolView`, for one. */
export interface WithdrawalPlace {
  chainId: number;
  withdrawals: Address;
}

export type WithdrawalWish = Omit<Withdrawal, "account" | "salt"> & { salt?: Bytes32 };

/** Signs with the account's own key. To hand the order to a relayer, send `withdrawalToJson` of it. */
export async function signWithdrawal(
  { chainId, withdrawals }: WithdrawalPlace,
  wish: WithdrawalWish,
  signer: Signer,
): Promise<SignedWithdrawal> {
  const account = toAddress(await signer.getAddress());
  const order: Withdrawal = { salt: hex32(randomBytes(32)), ...wish, account };
  const domain = { name: DOMAIN_NAME, version: DOMAIN_VERSION, chainId, verifyingContract: withdrawals };
  return { order, signature: (await signer.signTypedData(domain, withdrawalTypes, order)) as Hex };
}

/**
 * Sends somebody's order; `relayer`, with a provider, pays the gas and gets `feeWei` of the amount as its own free balance at
 * the Hub. Returns the transaction. Throws ethers' error, with the contract's reason, if it is refused.
 */
export async function sendWithdrawal(
  { withdrawals }: WithdrawalPlace,
  { order, signature }: SignedWithdrawal,
  relayer: Signer,
  feeWei = 0n,
): Promise<Bytes32> {
  const contract = new Contract(withdrawals, [...withdrawalsAbi, ...hubErrors], relayer);
  const sent = await contract.getFunction("withdraw")(order, signature, feeWei);
  await sent.wait();
  return toBytes32(sent.hash);
}

const hubErrors = hubAbi.filter((entry) => entry.startsWith("error "));

// An order to pay out: signed by whoever has a free balance at the Hub, sent by anybody, who keeps a fee out of the amount.
// contracts/Withdrawals.sol hashes the same, under its own address as the domain's contract.
import { keccak_256 } from "@noble/hashes/sha3.js";
import * as v from "valibot";
import { type Domain, domainSeparator } from "./commit.ts";
import { type Bytes32, hex32 } from "./ids.ts";
import { signatureSchema } from "./orders.ts";
import { putBigUint, putBytes32, putHex, putUint } from "./pack.ts";
import { parseAs } from "./parse.ts";
import { address, bytes32, uint, wei } from "./schemas.ts";

const amount = v.pipe(
  wei,
  v.transform((text) => BigInt(text)),
);

const withdrawalSchema = v.strictObject({
  account: address,
  to: address,
  /** Leaves the account's balance, fee included. */
  amountWei: amount,
  /** Of it, what the sender may keep. */
  maxFeeWei: amount,
  salt: bytes32,
  /** Seconds since 1970; the last at which it can be sent. */
  deadline: uint(),
});
export type Withdrawal = v.InferOutput<typeof withdrawalSchema>;

const signedSchema = v.strictObject({
  order: withdrawalSchema,
  signature: signatureSchema,
});
export type SignedWithdrawal = v.InferOutput<typeof signedSchema>;

/** Parses what somebody was handed. Throws `bad-message`. Whether the signature fits is another question. */
export const parseWithdrawal = (json: unknown): SignedWithdrawal => parseAs(signedSchema, json);

/** For handing it to a relayer: as `parseWithdrawal` takes it. */
export const withdrawalToJson = ({ order, signature }: SignedWithdrawal) => ({
  order: { ...order, amountWei: String(order.amountWei), maxFeeWei: String(order.maxFeeWei) },
  signature,
});

/** The EIP-712 type, in ethers' form. */
export const withdrawalTypes = {
  Withdrawal: [
    { name: "account", type: "address" },
    { name: "to", type: "address" },
    { name: "amountWei", type: "uint256" },
    { name: "maxFeeWei", type: "uint256" },
    { name: "salt", type: "bytes32" },
    { name: "deadline", type: "uint64" },
  ],
};

const TYPE_HASH = keccak_256(
  new TextEncoder().encode(
    `Withdrawal(${withdrawalTypes.Withdrawal.map(({ type, name }) => `${type} ${name}`).join(",")})`,
  ),
);

/** What is signed. The domain's `hub` is the address of Withdrawals. */
export function withdrawalHash(domain: Domain, order: Withdrawal): Bytes32 {
  const words = new Uint8Array(7 * 32);
  words.set(TYPE_HASH);
  putHex(words, 32 + 12, order.account, 20);
  putHex(words, 64 + 12, order.to, 20);
  putBigUint(words, 96, order.amountWei, 32);
  putBigUint(words, 128, order.maxFeeWei, 32);
  putHex(words, 160, order.salt, 32);
  putUint(words, 192, order.deadline, 32);
  const bytes = new Uint8Array(66);
  bytes.set([0x19, 0x01]);
  putBytes32(bytes, 2, domainSeparator(domain));
  putBytes32(bytes, 34, keccak_256(words));
  return hex32(keccak_256(bytes));
}

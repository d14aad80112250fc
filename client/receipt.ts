// Receipts checked on the requester's own machine: no server is asked.
import { recoverAddress } from "ethers";
import { toAddress, toHex } from "../protocol/ids.ts";
import { type Receipt, type ReceiptChecks, verifyReceipt } from "../protocol/receipt.ts";

export { parseReceipt, type Receipt, type ReceiptChecks } from "../protocol/receipt.ts";

/** Every claim of the receipt and whether it holds. With `output`, also that these bytes are the certified ones. */
export const checkReceipt = (receipt: Receipt, output?: Uint8Array): ReceiptChecks =>
  verifyReceipt(receipt, (hash, signature) => toAddress(recoverAddress(toHex(hash), toHex(signature))), output);

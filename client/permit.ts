// A signed permission to move tokens (ERC-2612), so that a deposit takes one transaction.
import { type BytesLike, type Contract, Signature, type Signer } from "ethers";

/** A permit is used at once; an hour allows for clocks that differ. */
const PERMIT_SECONDS = 3600;

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

interface TokenDomain {
  name: string;
  version: string;
  chainId: bigint;
  verifyingContract: string;
}

/** As the contracts' `depositWithPermit` takes it. */
export type Permit = [amountWei: bigint, deadline: bigint, v: number, r: BytesLike, s: BytesLike];

/** `token`: with a provider. `nowSeconds`: by the chain's clock. */
export async function signPermit(
  signer: Signer,
  token: Contract,
  spender: string,
  amountWei: bigint,
  nowSeconds: number,
): Promise<Permit> {
  const owner = await signer.getAddress();
  const [nonce, { name, version, chainId, verifyingContract }]: [bigint, TokenDomain] = await Promise.all([
    token.nonces!(owner),
    token.eip712Domain!(),
  ]);
  const deadline = BigInt(nowSeconds + PERMIT_SECONDS);
  const domain = { name, version, chainId, verifyingContract };
  const message = { owner, spender, value: amountWei, nonce, deadline };
  const { v, r, s } = Signature.from(await signer.signTypedData(domain, PERMIT_TYPES, message));
  return [amountWei, deadline, v, r, s];
}

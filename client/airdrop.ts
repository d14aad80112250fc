// The list behind an airdrop (contracts/Airdrop.sol): its root, and everybody's proof.
import { AbiCoder, concat, keccak256 } from "ethers";
import { invariant, SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type Bytes32, toBytes32 } from "../protocol/ids.ts";

/** What one account gets; a list may name an account more than once. */
export interface Entitlement {
  account: Address;
  amountWei: bigint;
}

/** The arguments of `claim`. */
export interface AirdropClaim extends Entitlement {
  index: number;
  proof: Bytes32[];
}

/** Entitlements of one list: it is built in memory, at about 1 KB each. */
const MAX_ENTITLEMENTS = 1_000_000;

/**
 * A Merkle tree in the format of OpenZeppelin's StandardMerkleTree: leaves keccak-256 of keccak-256 of the ABI encoding,
 * sorted; the tree is a complete binary tree in one array, the root first and the leaves at its end in reverse; a node is
 * keccak-256 of its children in sorted order. https://github.com/OpenZeppelin/merkle-tree
 */
export class StandardTree {
  readonly #nodes: Bytes32[];
  /** By value: where its leaf is. */
  readonly #places: number[];

  /** One value at least, each a list of the ABI types in `types`. */
  constructor(types: readonly string[], values: readonly (readonly unknown[])[]) {
    invariant(values.length > 0, "a tree has a leaf");
    const coder = AbiCoder.defaultAbiCoder();
    const leaves = values.map((value, index) => ({
      index,
      hash: toBytes32(keccak256(keccak256(coder.encode(types, value)))),
    }));
    leaves.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
    this.#nodes = new Array<Bytes32>(2 * leaves.length - 1);
    this.#places = new Array<number>(leaves.length);
    for (const [i, { index, hash }] of leaves.entries()) {
      const place = this.#nodes.length - 1 - i;
      this.#nodes[place] = hash;
      this.#places[index] = place;
    }
    for (let i = leaves.length - 2; i >= 0; i--)
      this.#nodes[i] = parent(this.#nodes[2 * i + 1]!, this.#nodes[2 * i + 2]!);
  }

  get root(): Bytes32 {
    return this.#nodes[0]!;
  }

  /** Siblings of the leaf of value `index`, from the bottom up. */
  proof(index: number): Bytes32[] {
    const proof: Bytes32[] = [];
    for (let at = this.#places[index]!; at > 0; at = (at - 1) >> 1)
      proof.push(this.#nodes[at % 2 === 1 ? at + 1 : at - 1]!);
    return proof;
  }
}

const parent = (a: Bytes32, b: Bytes32): Bytes32 => toBytes32(keccak256(concat(a < b ? [a, b] : [b, a])));

/** The root of a list and the claims of all on it, in its order. Throws `too-many`, `bad-message` for a list without sense. */
export function airdropOf(list: readonly Entitlement[]): { root: Bytes32; totalWei: bigint; claims: AirdropClaim[] } {
  if (list.length > MAX_ENTITLEMENTS)
    throw new SuperEdgeError("too-many", `expected at most ${MAX_ENTITLEMENTS} entitlements, found ${list.length}`);
  const wrong = list.findIndex(({ amountWei }) => amountWei <= 0n || amountWei >= 2n ** 256n);
  if (list.length === 0 || wrong >= 0)
    throw new SuperEdgeError(
      "bad-message",
      list.length === 0 ? "expected a list, found nobody on it" : `expected an amount in entry ${wrong}, found none`,
    );
  const tree = new StandardTree(
    ["uint256", "address", "uint256"],
    list.map(({ account, amountWei }, index) => [index, account, amountWei]),
  );
  return {
    root: tree.root,
    totalWei: list.reduce((sum, { amountWei }) => sum + amountWei, 0n),
    claims: list.map((entitlement, index) => ({ ...entitlement, index, proof: tree.proof(index) })),
  };
}

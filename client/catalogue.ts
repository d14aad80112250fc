// The catalogue of apps, datasets and pools, read from the events of the registry (contracts/Assets.sol) and from nothing
// else: no server has to be asked, and two readers of one chain agree.
import { Interface, type Log, type Provider } from "ethers";
import { assetsAbi } from "../contracts/abi.ts";
import { cidOfDigest } from "../protocol/cid.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Address, type Bytes32, type Cid, fromHex, toAddress, toBytes32 } from "../protocol/ids.ts";

const KINDS = ["app", "dataset", "pool"] as const;
const RULES = ["replace", "append", "frozen"] as const;
export type AssetKind = (typeof KINDS)[number];
/** What its owner may do to the manifest: put another in its place, add versions, nothing. */
export type UpdateRule = (typeof RULES)[number];

/** An asset as it stands after the events read. */
export interface Asset {
  /** The token's id, 32 bytes. */
  id: Bytes32;
  kind: AssetKind;
  owner: Address;
  /** Content ids of the manifest's versions, the latest last. */
  versions: Cid[];
  /** Where the latest can be had. */
  uri: string;
  price: {
    /** Of one certified task. */
    perUseWei: bigint;
    /** Whether its owner's signed orders may ask for less. */
    mayUndercut: boolean;
  };
  /** The account, or the contract with a list of accounts, that may use it; absent if anybody may. */
  restrictedTo?: Address;
  updates: UpdateRule;
}

/** Blocks whose logs are asked for at once: nodes refuse much wider ranges. */
const BLOCKS_AT_ONCE = 10_000;
/** Assets kept, so that a registry filled by somebody with much gas fills no memory here: 100 MB at most. */
const MAX_ASSETS = 50_000;

const registry = new Interface(assetsAbi);
const EVENTS = ["Registered", "ManifestChanged", "PriceChanged", "RestrictionChanged", "UpdatesTightened", "Transfer"];
const topics = EVENTS.map((name) => registry.getEvent(name)!.topicHash);

/**
 * Every asset, in the order of registration. `fromBlock`: where the registry was deployed, or 0. Throws `chain-unavailable`,
 * and `too-many` if there are more than 50,000.
 */
export async function readCatalogue(
  provider: Provider,
  assets: Address,
  { fromBlock = 0, kind }: { fromBlock?: number; kind?: AssetKind } = {},
): Promise<Asset[]> {
  const found = new Map<Bytes32, Asset>();
  try {
    const last = await provider.getBlockNumber();
    for (let from = fromBlock; from <= last; from += BLOCKS_AT_ONCE) {
      const toBlock = Math.min(last, from + BLOCKS_AT_ONCE - 1);
      // By the registry alone: another contract's events of these names are no word on its assets.
      for (const log of await provider.getLogs({ address: assets, topics: [topics], fromBlock: from, toBlock }))
        apply(found, log);
    }
  } catch (cause) {
    if (cause instanceof SuperEdgeError) throw cause;
    throw new SuperEdgeError("chain-unavailable", `expected the events of ${assets}, found none to be had`, { cause });
  }
  return [...found.values()].filter((asset) => kind === undefined || asset.kind === kind);
}

/** Takes one event into account; events come in the chain's order. */
function apply(found: Map<Bytes32, Asset>, log: Log): void {
  const event = registry.parseLog(log);
  if (!event) return;
  const { name, args } = event;
  const id = toBytes32(log.topics[name === "Transfer" ? 3 : 1]!);
  if (name === "Registered") {
    if (found.size >= MAX_ASSETS)
      throw new SuperEdgeError("too-many", `expected at most ${MAX_ASSETS} assets, found more`);
    found.set(id, {
      id,
      kind: KINDS[Number(args.kind)]!,
      owner: toAddress(args.owner),
      versions: [manifest(args.manifestHash)],
      uri: args.uri,
      price: priceOf(args.price),
      ...restriction(args.restrictedTo),
      updates: RULES[Number(args.updates)]!,
    });
    return;
  }
  const asset = found.get(id);
  // Its minting comes before its registration.
  if (!asset) return;
  if (name === "ManifestChanged") {
    asset.versions[Number(args.version)] = manifest(args.manifestHash);
    asset.uri = args.uri;
  } else if (name === "PriceChanged") asset.price = priceOf(args.price);
  else if (name === "RestrictionChanged") {
    delete asset.restrictedTo;
    Object.assign(asset, restriction(args.restrictedTo));
  } else if (name === "UpdatesTightened") asset.updates = RULES[Number(args.updates)]!;
  else asset.owner = toAddress(args.to);
}

const manifest = (hash: string): Cid => cidOfDigest(fromHex(hash));
const priceOf = ({ perUseWei, mayUndercut }: { perUseWei: bigint; mayUndercut: boolean }) => ({
  perUseWei,
  mayUndercut,
});
const restriction = (to: string) => (BigInt(to) === 0n ? {} : { restrictedTo: toAddress(to) });

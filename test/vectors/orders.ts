// Writes orders.json, which holds protocol/orders.ts and the contracts' Orders.sol and LazyOrders.sol to the same struct
// hashes. They are made by a third party, ethers' own EIP-712 encoder, from types that are written out here once more.
//
//   node test/vectors/orders.ts > test/vectors/orders.json
import { keccak256, TypedDataEncoder, toUtf8Bytes } from "ethers";

const TYPES: Record<string, string> = {
  AppOrder:
    "app:uint256 priceWei:uint96 volume:uint32 tags:uint256 pools:address requesters:address expiry:uint64 salt:bytes32",
  DatasetOrder:
    "dataset:uint256 priceWei:uint96 volume:uint32 tags:uint256 app:uint256 pools:address requesters:address expiry:uint64 salt:bytes32",
  PoolOrder:
    "pool:address priceWei:uint128 volume:uint32 leastVolume:uint32 category:uint8 law:uint8 trust:uint32 replicas:uint8 tags:uint256 app:uint256 requesters:address leastSeconds:uint32 expiry:uint64 salt:bytes32",
  RequestOrder:
    "requester:address payer:address app:uint256 appHash:bytes32 appMaxWei:uint96 dataset:uint256 datasetMaxWei:uint96 pools:address poolMaxWei:uint128 maxFeeBps:uint16 jobHash:bytes32 volume:uint32 leastVolume:uint32 category:uint8 law:uint8 trust:uint32 replicas:uint8 tags:uint256 deadline:uint64 expiry:uint64 salt:bytes32",
  LazyOrder: "requester:address order:Order sequence:uint64 mostWei:uint128",
};
const ORDER =
  "pool:address appHash:bytes32 jobHash:bytes32 law:uint8 trust:uint32 replicas:uint8 tasks:uint32 pricePerTaskWei:uint128 maxFeeBps:uint16 deadline:uint64 appOwner:address appWei:uint96 datasetOwner:address datasetWei:uint96";

const fieldsOf = (text: string) =>
  text.split(" ").map((field) => {
    const [name, type] = field.split(":") as [string, string];
    return { name, type };
  });

/** What no JSON schema and no enum would take is left out: a law of 2, a trust of 0. */
const BOUNDS: Record<string, bigint> = { law: 2n, category: 7n, replicas: 17n, maxFeeBps: 10_001n, tags: 4n };

/** A value of the type, as far from 0 as `seed` makes it; bounded so that every parser takes it. */
function draw(name: string, type: string, seed: string): bigint {
  const bits = type === "bytes32" ? 256 : type === "address" ? 160 : Number(type.slice(4));
  const bound = BOUNDS[name] ?? (name === "trust" ? 1_000_000n : bits === 64 ? 2n ** 53n : 2n ** BigInt(bits));
  const value = BigInt(keccak256(toUtf8Bytes(`${seed} ${name}`))) % bound;
  return value === 0n && ["trust", "replicas", "volume", "tasks"].includes(name) ? 1n : value;
}

const hex = (value: bigint, bytes: number) => `0x${value.toString(16).padStart(2 * bytes, "0")}`;
const shown = (type: string, value: bigint) =>
  type === "address" ? hex(value, 20) : type === "bytes32" ? hex(value, 32) : value;

function fill(text: string, seed: string): { message: Record<string, unknown>; words: string[] } {
  const message: Record<string, unknown> = {};
  const words: string[] = [];
  for (const { name, type } of fieldsOf(text)) {
    if (type === "Order") {
      const inner = fill(ORDER, `${seed} order`);
      message[name] = inner.message;
      words.push(...inner.words);
      continue;
    }
    const value = draw(name, type, seed);
    message[name] = shown(type, value);
    words.push(hex(value, 32));
  }
  return { message, words };
}

const vectors = Object.fromEntries(
  Object.entries(TYPES).map(([kind, text]) => {
    const types = { [kind]: fieldsOf(text), ...(kind === "LazyOrder" && { Order: fieldsOf(ORDER) }) };
    const cases = Array.from({ length: 8 }, (_, i) => {
      const { message, words } = fill(text, `${kind} ${i}`);
      return { words, hash: TypedDataEncoder.hashStruct(kind, types, message) };
    });
    return [kind, cases];
  }),
);
process.stdout.write(`${JSON.stringify(vectors, undefined, 2)}\n`);

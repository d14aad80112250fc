// Tasks that contracts ask for, in the world of the settlement tests: requests, and the contributions of workers with real
// keys, signed exactly as a volunteer's page signs its commit batches.
import { AbiCoder, ContractFactory, type Interface, Signature, ZeroAddress } from "ethers";
import { acceptanceHash, commitBatchHash, commitmentOf, taskKeyOf } from "../../protocol/commit.ts";
import { digestOf } from "../../protocol/digest.ts";
import { type Bytes32, fromHex, hex32, toBytes32, toHex } from "../../protocol/ids.ts";
import { KeccakTree } from "../../protocol/keccakTree.ts";
import { artifactOf, type ContractName } from "../../relay/chain/artifact.ts";
import { signHash } from "../../relay/signature.ts";
import { ECT, named, type World, walletOf } from "../settlement/world.ts";

export const requestOf = (world: World, change: object = {}) => ({
  pool: walletOf("pool").address,
  appHash: named("app"),
  trust: 2,
  replicas: 3,
  priceWei: ECT,
  maxFeeBps: 1000,
  deadline: world.nowS + 100,
  workerStakeWei: 0n,
  itemBytes: 4,
  callbackGas: 0,
  appOwner: ZeroAddress,
  appWei: 0n,
  datasetOwner: ZeroAddress,
  datasetWei: 0n,
  spec: '{"app":"…"}',
  ...change,
});
export type TaskRequest = ReturnType<typeof requestOf>;

/** Keccak-256 of the request's ABI encoding is what the example contracts are bound to. */
export function encodeRequest(tasks: Interface, request: TaskRequest): string {
  const type = tasks.getFunction("request")!.inputs[0]!;
  return AbiCoder.defaultAbiCoder().encode([type], [request]);
}

export async function deployExample(world: World, name: ContractName, ...args: unknown[]) {
  const { abi, bytecode } = artifactOf(name);
  const factory = new ContractFactory(abi, bytecode, walletOf("requester").connect(world.provider));
  const contract = await factory.deploy(...args);
  await contract.waitForDeployment();
  return contract;
}

/** The task that a transaction asked for. */
export async function taskIn(world: World, transaction: string): Promise<Bytes32> {
  const receipt = await world.provider.getTransactionReceipt(transaction);
  const tasks = world.contract("tasks").interface;
  for (const log of receipt!.logs) {
    const event = log.address.toLowerCase() === world.addresses.tasks ? tasks.parseLog(log) : null;
    if (event?.name === "TaskRequested") return toBytes32(event.args.taskId);
  }
  throw new Error(`no task was asked for in ${transaction}`);
}

const nonceOf = (taskId: Bytes32) => named(`nonce ${taskId}`);
const keyOf = (taskId: Bytes32) => taskKeyOf(taskId, 0, fromHex(nonceOf(taskId)));
const saltOf = (taskId: Bytes32, worker: string) => named(`salt ${taskId} ${worker}`);

/** The arguments of `certify`. `parts`: worker → the output it committed to. */
export function certifyCall(
  world: World,
  taskId: Bytes32,
  parts: Record<string, Uint8Array>,
  result: Uint8Array,
  unrevealed: readonly string[] = [],
) {
  const contributions = Object.entries(parts).map(([worker, output]) => {
    const digest = digestOf(output, 4);
    const salt = saltOf(taskId, worker);
    const commitment = commitmentOf(keyOf(taskId), world.address(worker), fromHex(digest), fromHex(salt));
    const { root, count } = new KeccakTree([commitment]);
    const batch = { pool: world.address("pool"), worker: world.address(worker), sequence: 7, root, count };
    const { r, yParityAndS: vs } = sign(worker, commitBatchHash(world.domain, batch));
    return { worker: world.address(worker), sequence: 7, count: 1, position: 0, digest, salt, r, vs, path: [] };
  });
  const pledges = unrevealed.map((worker) => {
    const digest = fromHex(digestOf(result, 4));
    const commitment = commitmentOf(keyOf(taskId), world.address(worker), digest, fromHex(saltOf(taskId, worker)));
    const acceptance = {
      pool: world.address("pool"),
      worker: world.address(worker),
      taskKey: keyOf(taskId),
      commitment,
      revealBy: world.nowS,
    };
    const { r, yParityAndS: vs } = sign(worker, acceptanceHash(world.domain, acceptance));
    return { worker: world.address(worker), commitment: hex32(commitment), revealBy: world.nowS, r, vs };
  });
  contributions.sort((a, b) => (a.worker < b.worker ? -1 : 1));
  return [taskId, nonceOf(taskId), contributions, pledges, toHex(result)] as const;
}

/** The arguments of `reveal`. */
export const revealCall = (world: World, taskId: Bytes32, worker: string, output: Uint8Array) =>
  [hex32(keyOf(taskId)), world.address(worker), digestOf(output, 4), saltOf(taskId, worker)] as const;

const sign = (worker: string, hash: Uint8Array): Signature =>
  Signature.from(toHex(signHash(hash, fromHex(walletOf(worker).privateKey))));

// Puts the contracts on a chain, once. They name each other, so their addresses are fixed before the first is deployed:
// the plan (who deploys, from which nonce) is on disk first, and a run that died half-way goes on where it stopped.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { ContractFactory, getCreateAddress, type Signer } from "ethers";
import * as v from "valibot";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, isAddress, toAddress } from "../../protocol/ids.ts";
import { artifactOf, type ContractName } from "./artifact.ts";

/** In the order in which they are deployed. */
export const CONTRACTS = {
  token: "EdgeToken",
  hub: "Hub",
  epochs: "Epochs",
  challenges: "Challenges",
  assets: "Assets",
  timelock: "Timelock",
  governance: "Governance",
  authorised: "AuthorisedContracts",
  tasks: "Tasks",
  market: "Market",
  stakes: "Stakes",
  withdrawals: "Withdrawals",
} as const satisfies Record<string, ContractName>;
type Part = keyof typeof CONTRACTS;
const PARTS = Object.keys(CONTRACTS) as Part[];

/** Where the contracts are. */
export type ChainAddresses = { chainId: number } & Record<Part, Address>;

/** The token holders' votes. Delays and periods in seconds. */
const VOTING_DELAY_SECONDS = 24 * 3600;
const VOTING_PERIOD_SECONDS = 7 * 24 * 3600;
const TIMELOCK_SECONDS = 2 * 24 * 3600;
/** Of the supply, what a proposer needs: a thousandth. */
const PROPOSER_SHARE = 1000n;
/** Percent of the supply that must take part. */
const QUORUM_PERCENT = 4;

export interface DeployOptions {
  /** Pays for the deployment, and must send nothing else until it is done. */
  deployer: Signer;
  /** Where the plan and the addresses are kept, JSON. */
  file: string;
  /** Receives the whole supply. */
  treasury: Address;
  supplyWei: bigint;
  /** Between posting and finalising an epoch. */
  windowSeconds: number;
  /** Between a pool's asking for its bond and its having it; longer than the window. */
  unbondSeconds: number;
  /** After a deal's deadline, until its requester can close it. */
  closeSeconds: number;
}

const address = v.pipe(v.string(), v.check(isAddress), v.transform(toAddress));
const termsSchema = v.strictObject({
  treasury: address,
  supplyWei: v.string(),
  windowSeconds: v.number(),
  unbondSeconds: v.number(),
  closeSeconds: v.number(),
});
const planSchema = v.strictObject({
  chainId: v.number(),
  deployer: address,
  firstNonce: v.number(),
  terms: termsSchema,
  ...v.entriesFromList(PARTS, address),
});
type Plan = v.InferOutput<typeof planSchema>;

/** What the contracts are deployed with. The order of the names counts: it is compared as JSON. */
const termsOf = ({
  treasury,
  supplyWei,
  windowSeconds,
  unbondSeconds,
  closeSeconds,
}: DeployOptions): Plan["terms"] => ({
  treasury,
  supplyWei: String(supplyWei),
  windowSeconds,
  unbondSeconds,
  closeSeconds,
});

/**
 * Idempotent: what is there already stays as it is. Throws `chain-unavailable` if the file is of another chain, a deployment
 * that died half-way is to go on with other terms, or the deployer sent something in between.
 */
export async function deploy(options: DeployOptions): Promise<ChainAddresses> {
  const { deployer, treasury, supplyWei, windowSeconds, unbondSeconds, closeSeconds } = options;
  if (unbondSeconds <= windowSeconds)
    throw new Error(`expected an unbonding delay above the window of ${windowSeconds} s, found ${unbondSeconds} s`);
  const { deployer: _, firstNonce, terms, ...addresses } = await readPlan(options);
  const { token, hub, epochs, challenges, assets, timelock, governance, tasks, market, stakes, withdrawals } =
    addresses;
  const votes = [VOTING_DELAY_SECONDS, VOTING_PERIOD_SECONDS, supplyWei / PROPOSER_SHARE, QUORUM_PERCENT];
  const args: Record<Part, unknown[]> = {
    token: [treasury, supplyWei],
    hub: [token, { epochs, tasks, market, stakes, withdrawals }, unbondSeconds, closeSeconds],
    epochs: [hub, challenges, windowSeconds],
    challenges: [epochs],
    assets: [],
    timelock: [TIMELOCK_SECONDS, governance],
    governance: [token, timelock, ...votes],
    authorised: [timelock, assets],
    tasks: [hub],
    market: [hub, assets],
    stakes: [hub],
    withdrawals: [hub],
  };
  const provider = deployer.provider!;
  for (const [i, part] of PARTS.entries()) {
    if ((await provider.getCode(addresses[part])) !== "0x") continue;
    // Half of it with other delays would look whole: a Hub that gives bonds back before the window of its Epochs is over.
    if (JSON.stringify(terms) !== JSON.stringify(termsOf(options)))
      throw new SuperEdgeError(
        "chain-unavailable",
        `${options.file} is a deployment begun with ${JSON.stringify(terms)}: expected the same, or another file; found ${JSON.stringify(termsOf(options))}`,
      );
    const { abi, bytecode } = artifactOf(CONTRACTS[part]);
    const factory = new ContractFactory(abi, bytecode, deployer);
    const contract = await factory.deploy(...args[part], { nonce: firstNonce + i });
    await contract.waitForDeployment();
  }
  return addresses;
}

async function readPlan(options: DeployOptions): Promise<Plan> {
  const { deployer, file } = options;
  const provider = deployer.provider;
  if (!provider) throw new SuperEdgeError("chain-unavailable", "expected a deployer with a provider");
  const chainId = Number((await provider.getNetwork()).chainId);
  const from = toAddress(await deployer.getAddress());
  if (existsSync(file)) {
    const { success, output: plan } = v.safeParse(planSchema, parse(readFileSync(file, "utf8")));
    if (!success)
      throw new SuperEdgeError("chain-unavailable", `expected ${file} of this version's contracts, found another's`);
    if (plan.chainId !== chainId)
      throw new SuperEdgeError("chain-unavailable", `${file} is of chain ${plan.chainId}, found chain ${chainId}`);
    if (plan.deployer !== from)
      throw new SuperEdgeError("chain-unavailable", `${file} is a plan of deployer ${plan.deployer}, found ${from}`);
    return plan;
  }
  // What was sent and waits for its block has taken its nonces too.
  const firstNonce = await provider.getTransactionCount(from, "pending");
  const at = (nonce: number) => toAddress(getCreateAddress({ from, nonce }));
  const addresses = Object.fromEntries(PARTS.map((part, i) => [part, at(firstNonce + i)])) as Record<Part, Address>;
  const plan: Plan = { chainId, deployer: from, firstNonce, terms: termsOf(options), ...addresses };
  writeFileSync(`${file}.new`, `${JSON.stringify(plan, undefined, 2)}\n`, { flush: true });
  renameSync(`${file}.new`, file);
  return plan;
}

/** Undefined if it is no JSON. What `JSON.parse` says of it would quote it: the file may be a key, named by mistake. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

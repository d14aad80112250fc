// Compiled contracts, as the build leaves them.
import { readFileSync } from "node:fs";
import type { InterfaceAbi } from "ethers";

export type ContractName =
  | "EdgeToken"
  | "Hub"
  | "Epochs"
  | "Challenges"
  | "Market"
  | "Assets"
  | "Airdrop"
  | "Timelock"
  | "Governance"
  | "AuthorisedContracts"
  | "Tasks"
  | "Stakes"
  | "Withdrawals"
  | "examples/Bet"
  | "examples/Feed";

export interface Artifact {
  abi: InterfaceAbi;
  bytecode: string;
  /** What is on chain after deployment; immutables are zeros in it. */
  deployedBytecode: string;
}

const read = new Map<ContractName, Artifact>();

/** Throws with what to do if the contracts have not been built. */
export function artifactOf(name: ContractName): Artifact {
  let artifact = read.get(name);
  if (!artifact) {
    const file = new URL(`../../artifacts/contracts/${name}.sol/${name.split("/").at(-1)}.json`, import.meta.url);
    let json: string;
    try {
      json = readFileSync(file, "utf8");
    } catch (cause) {
      throw new Error(`expected the compiled contract ${file.pathname}; run tools/build.ts first`, { cause });
    }
    artifact = JSON.parse(json) as Artifact;
    read.set(name, artifact);
  }
  return artifact;
}

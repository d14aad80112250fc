import { FunctionFragment, Interface, type InterfaceAbi } from "ethers";
import { describe, expect, it } from "vitest";
import * as clientAbi from "../../contracts/abi.ts";
import { artifactOf, type ContractName } from "../../relay/chain/artifact.ts";

const fragmentsOf = (abi: InterfaceAbi) =>
  new Interface(abi).fragments.map((fragment) => {
    const text = fragment.format("full");
    // Whether a function can be paid, or only reads, is part of what clients rely on; the order of words is not.
    return fragment instanceof FunctionFragment ? `${text} ${fragment.stateMutability}` : text;
  });

describe("the ABI that clients carry", () => {
  it.each<[string, ContractName, InterfaceAbi]>([
    ["tokenAbi", "EdgeToken", clientAbi.tokenAbi],
    ["hubAbi", "Hub", clientAbi.hubAbi],
    ["assetsAbi", "Assets", clientAbi.assetsAbi],
    ["epochsAbi", "Epochs", clientAbi.epochsAbi],
    ["marketAbi", "Market", clientAbi.marketAbi],
    ["withdrawalsAbi", "Withdrawals", clientAbi.withdrawalsAbi],
  ])("%s is part of the compiled contract's, to the names", (_, name, abi) => {
    const compiled = new Set(fragmentsOf(artifactOf(name).abi).map(oneSpace));
    expect(fragmentsOf(abi).length).toBeGreaterThan(0);
    for (const fragment of fragmentsOf(abi)) expect(compiled).toContain(oneSpace(fragment));
  });

  it("holds every ABI that clients carry to a contract", () => {
    expect(Object.keys(clientAbi).sort()).toEqual([
      "assetsAbi",
      "epochsAbi",
      "hubAbi",
      "marketAbi",
      "tokenAbi",
      "withdrawalsAbi",
    ]);
  });
});

/** Compilers and people put different white space. */
function oneSpace(fragment: string): string {
  return fragment.replaceAll(/\s+/g, " ");
}

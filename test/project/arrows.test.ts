import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Folder → folders of ours it may import. `contracts` here is what contracts/ offers to TypeScript: ABIs. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  kernels: ["protocol"],
  client: ["protocol", "kernels", "contracts"],
  web: ["protocol", "kernels", "client"],
  relay: ["protocol", "kernels"],
  contracts: [],
};
/** The only places that may know the contracts, besides the client. */
const KNOW_CONTRACTS = [/^client\//, /^relay\/settlement\//, /^relay\/chain\//, /^web\/pages\//];

const sources = globSync("{protocol,kernels,client,web,relay,contracts}/**/*.{ts,tsx}", { cwd: root }).filter(
  (file) => !file.includes("/assembly/"),
);

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"'?]*)/g);
  return [...found].map((match) => relative(root, join(root, dirname(file), match[1]!)).replaceAll("\\", "/"));
}

describe("imports point one way", () => {
  it("finds the sources", () => {
    expect(sources.length).toBeGreaterThan(100);
  });

  for (const [folder, allowed] of Object.entries(MAY_IMPORT))
    it(`${folder} imports ${allowed.join(", ") || "nothing of ours"}`, () => {
      const wrong: string[] = [];
      for (const file of sources.filter((source) => source.startsWith(`${folder}/`)))
        for (const target of imports(file)) {
          const other = target.split("/")[0]!;
          if (other === folder || other === "package.json") continue;
          const isAbi = target.startsWith("contracts/abi") && KNOW_CONTRACTS.some((place) => place.test(file));
          if (!allowed.includes(other) && !isAbi) wrong.push(`${file} → ${target}`);
        }
      expect(wrong).toEqual([]);
    });

  it("a test of this test: a relative import is found", () => {
    expect(imports("relay/main.ts")).toContain("relay/config.ts");
  });
});

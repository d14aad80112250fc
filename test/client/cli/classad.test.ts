import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const main = join(import.meta.dirname, "../../../tools/cli/main.ts");
const superedge = (...args: string[]): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], (error, out, err) =>
      resolve({ status: error ? Number(error.code) : 0, out, err }),
    ),
  );

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "classad-"));
  writeFileSync(join(folder, "machine.ad"), 'Memory = 2048\nName = "m"\nRequirements = TARGET.Need <= Memory\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

it("prints a value as HTCondor writes it", async () => {
  expect(await superedge("classad", "eval", "{1/2.0, -5/2}[0]")).toEqual({
    status: 0,
    out: "5.000000000000000E-01\n",
    err: "",
  });
  expect((await superedge("classad", "eval", "-5 + 2")).out).toBe("-3\n");
});

it("takes ads as text and from files", async () => {
  const args = ["--my", "[Need = 1000]", "--target", `@${join(folder, "machine.ad")}`];
  expect((await superedge("classad", "eval", "TARGET.Memory - Need", ...args)).out).toBe("1048\n");
  expect((await superedge("classad", "eval", "Memory", ...args)).out).toBe("2048\n");
  expect((await superedge("classad", "eval", "Memory", ...args, "--scoping", "strict")).out).toBe("undefined\n");
});

it("says of a pair who accepts and the ranks", async () => {
  const job = "[Need = 1000; Requirements = true; Rank = TARGET.Memory]";
  const { out } = await superedge("classad", "match", job, `@${join(folder, "machine.ad")}`);
  expect(out).toBe("match: true\nfirst accepts: true, rank: 2048\nsecond accepts: true, rank: undefined\n");
});

it("says in one line what is wrong", async () => {
  expect(await superedge("classad", "eval", "1 +")).toEqual({
    status: 1,
    out: "",
    err: "superedge: line 1, column 4: expected an expression, found the end\n",
  });
  expect(await superedge("classad", "weigh")).toMatchObject({
    status: 2,
    err: 'superedge: expected eval or match, found "weigh"\n',
  });
  expect((await superedge("classad", "eval", "1", "--scoping", "loose")).status).toBe(2);
  expect((await superedge("classad", "eval", "1", "--nonsense")).status).toBe(2);
});

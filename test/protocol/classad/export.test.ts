import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { evaluate, unparse } from "superedge/classad";
import { expect, it } from "vitest";

it("is imported by the package's name", () => {
  expect(unparse(evaluate('strcat("a", 1 + 1)'))).toBe('"a2"');
});

it("is imported by that name in Node without a build", async () => {
  const program = 'import { evaluate } from "superedge/classad"; console.log(evaluate("6 * 7"))';
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: join(import.meta.dirname, "../../.."),
  });
  expect(stdout).toBe("42\n");
});

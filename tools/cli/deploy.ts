// `superedge deploy`: puts the contracts on any EVM chain and writes down where they are. The embedded chain gets its
// contracts by the same code (relay/chain/deploy.ts).
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isError, JsonRpcProvider, parseEther, Wallet } from "ethers";
import { type Command, UsageError } from "../../client/cli/command.ts";
import { isAddress, toAddress } from "../../protocol/ids.ts";
import { deploy } from "../../relay/chain/deploy.ts";

const DAY_SECONDS = 24 * 3600;
const KEY_VARIABLE = "SUPEREDGE_DEPLOYER_KEY";
const PASSWORD_VARIABLE = "SUPEREDGE_KEY_PASSWORD";

export const command: Command = {
  summary: "put the contracts on an EVM chain and write down where they are",
  usage: `
superedge deploy --rpc URL --key FILE [--out FILE] [--treasury ADDRESS] [--supply ECT] [--window-seconds N]
                 [--unbond-seconds N] [--close-seconds N]

Deploys the token, the Hub and all that belongs to it, and writes their addresses to a file. What died half-way is taken up
where it stopped, if it is called again with the same file; the account must send nothing else in between.

  --rpc URL           JSON-RPC of the chain
  --key FILE          the deployer's private key in hexadecimal, or a JSON keystore whose password is in ${PASSWORD_VARIABLE};
                      without it, ${KEY_VARIABLE} is read from the environment. Keys are never printed
  --out FILE          where the addresses go (default contracts.json)
  --treasury ADDRESS  receives the whole supply of ECT (default: the deployer)
  --supply ECT        whole tokens, once and for all (default 1000000000)
  --window-seconds N  challenge window of an epoch (default 86400)
  --unbond-seconds N  until a pool has its bond back; more than the window (default: the window and a day)
  --close-seconds N   after its deadline, until a requester can close a deal (default: the window and an hour)
`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    // Not quoted: it may be a key.
    if (positionals.length > 0)
      throw new UsageError(`expected options only, found ${positionals.length} argument(s) beside them`);
    const rpc = parseUrl(values.rpc);
    const windowSeconds = whole("--window-seconds", values["window-seconds"] ?? String(DAY_SECONDS));
    const unbondSeconds = whole("--unbond-seconds", values["unbond-seconds"] ?? String(windowSeconds + DAY_SECONDS));
    const closeSeconds = whole("--close-seconds", values["close-seconds"] ?? String(windowSeconds + 3600));
    if (unbondSeconds <= windowSeconds)
      throw new UsageError(
        `--unbond-seconds: expected more than the window of ${windowSeconds}, found ${unbondSeconds}`,
      );
    const supplyWei = parseEther(String(whole("--supply", values.supply ?? "1000000000")));
    const key = readKey(values.key);
    const { treasury } = values;
    if (treasury !== undefined && !isAddress(treasury))
      throw new UsageError(`--treasury: expected an address, found ${JSON.stringify(treasury)}`);
    buildContracts();
    const provider = await connect(rpc);
    try {
      const deployer = key.connect(provider);
      const file = resolve(values.out ?? "contracts.json");
      process.stderr.write(`deploying from ${deployer.address}; the plan is in ${file}\n`);
      const addresses = await deploy({
        deployer,
        file,
        treasury: toAddress(treasury ?? deployer.address),
        ...{ supplyWei, windowSeconds, unbondSeconds, closeSeconds },
      }).catch((error: unknown) => {
        throw explain(error, deployer.address);
      });
      process.stdout.write(`${JSON.stringify(addresses, undefined, 2)}\n`);
    } finally {
      provider.destroy();
    }
    return 0;
  },
};

const options = {
  rpc: { type: "string" },
  key: { type: "string" },
  out: { type: "string" },
  treasury: { type: "string" },
  supply: { type: "string" },
  "window-seconds": { type: "string" },
  "unbond-seconds": { type: "string" },
  "close-seconds": { type: "string" },
} as const;

function parseUrl(text: string | undefined): string {
  if (text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new UsageError(
    `--rpc: expected an http or https URL, found ${text === undefined ? "none" : JSON.stringify(text)}`,
  );
}

function whole(name: string, text: string): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(n) && n > 0) return n;
  throw new UsageError(`${name}: expected a whole number above 0, found ${JSON.stringify(text)}`);
}

/** What is wrong with a key is told without telling the key. */
function readKey(file: string | undefined): Wallet {
  let text = process.env[KEY_VARIABLE];
  const from = file ?? KEY_VARIABLE;
  if (file !== undefined) {
    try {
      text = readFileSync(file, "utf8");
    } catch {
      throw new UsageError("--key: expected the name of a file with the deployer's key, found none that can be read");
    }
  }
  if (text === undefined) throw new UsageError(`expected --key FILE, or a key in ${KEY_VARIABLE}; found neither`);
  try {
    if (!text.trim().startsWith("{")) return new Wallet(text.trim());
    return Wallet.fromEncryptedJsonSync(text, process.env[PASSWORD_VARIABLE] ?? "") as Wallet;
  } catch {
    throw new UsageError(
      `${from}: expected a private key in hexadecimal, or a JSON keystore that the password in ${PASSWORD_VARIABLE} opens`,
    );
  }
}

/** A clone that has only been installed has no artifacts yet. */
function buildContracts(): void {
  const build = join(import.meta.dirname, "../build.ts");
  const { status } = spawnSync(process.execPath, [build, "contracts"], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the contracts could not be compiled; see above");
}

/** Asked once: a provider left to itself would try for ever. */
async function connect(rpc: string): Promise<JsonRpcProvider> {
  const first = new JsonRpcProvider(rpc);
  try {
    const network = await first._detectNetwork();
    return new JsonRpcProvider(rpc, network, { staticNetwork: network, cacheTimeout: -1 });
  } catch (cause) {
    throw new Error(`expected a chain that answers at ${new URL(rpc).origin}, found none`, { cause });
  } finally {
    first.destroy();
  }
}

/** Characters of what a stranger's chain says. */
const MOST_SAID = 300;

/** What a chain refuses comes with the whole transaction in the message: only the sentence is wanted. */
function explain(error: unknown, deployer: string): Error {
  const {
    shortMessage,
    message,
    error: inner,
  } = error as Error & { shortMessage?: string; error?: { message?: string } };
  const says = inner?.message ?? shortMessage ?? message;
  if (isError(error, "INSUFFICIENT_FUNDS") || /(enough|insufficient) funds/i.test(says))
    return new Error(`${deployer} cannot pay for the deployment: send it some of the chain's coin, and call again`);
  if (isError(error, "NONCE_EXPIRED"))
    return new Error(`${deployer} has sent something else since the plan was made; remove the file and start anew`);
  return new Error(says.slice(0, MOST_SAID), { cause: error });
}

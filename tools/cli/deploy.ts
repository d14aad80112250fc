// `superedge deploy`: puts the contracts on any EVM chain and writes down where they are. The embedded chain gets its
// contracts by the same code (relay/chain/deploy.ts).
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isError, parseEther } from "ethers";
import { type Command, UsageError } from "../../client/cli/command.ts";
import { isAddress, toAddress } from "../../protocol/ids.ts";
import { deploy } from "../../relay/chain/deploy.ts";
import { buildContracts, connect } from "./chain.ts";
import { PASSWORD_VARIABLE, readKey } from "./key.ts";
import { parseUrl, parseWhole as whole } from "./options.ts";

const DAY_SECONDS = 24 * 3600;
const KEY_VARIABLE = "SUPEREDGE_DEPLOYER_KEY";

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
    const rpc = parseUrl("--rpc", values.rpc);
    const windowSeconds = whole("--window-seconds", values["window-seconds"] ?? String(DAY_SECONDS));
    const unbondSeconds = whole("--unbond-seconds", values["unbond-seconds"] ?? String(windowSeconds + DAY_SECONDS));
    const closeSeconds = whole("--close-seconds", values["close-seconds"] ?? String(windowSeconds + 3600));
    if (unbondSeconds <= windowSeconds)
      throw new UsageError(
        `--unbond-seconds: expected more than the window of ${windowSeconds}, found ${unbondSeconds}`,
      );
    const supplyWei = parseEther(String(whole("--supply", values.supply ?? "1000000000")));
    const key = readKey(values.key, KEY_VARIABLE);
    if (!key) throw new UsageError(`expected --key FILE, or a key in ${KEY_VARIABLE}; found neither`);
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

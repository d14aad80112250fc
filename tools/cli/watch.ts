// `superedge watch`: a watchtower. It needs no relay of its own, only a chain, and somebody who serves the epochs' data.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Provider } from "ethers";
import { poolAnswer } from "../../client/answers.ts";
import { type Command, UsageError } from "../../client/cli/command.ts";
import { Relay } from "../../client/relay.ts";
import { type Address, isAddress, toAddress } from "../../protocol/ids.ts";
import { ChainEpochs } from "../../relay/watch/chainEpochs.ts";
import { Challenger } from "../../relay/watch/challenger.ts";
import { type Source, Sources } from "../../relay/watch/sources.ts";
import { Watchtower } from "../../relay/watch/watchtower.ts";
import { buildContracts, connect } from "./chain.ts";
import { PASSWORD_VARIABLE, readKey } from "./key.ts";
import { parseUrl, parseWhole } from "./options.ts";

const KEY_VARIABLE = "SUPEREDGE_WATCH_KEY";
/** Data of an epoch, bytes: 20,000 tasks with four contributions each are about 20 MB. */
const MAX_DATA_BYTES = 128 * 1024 * 1024;
/** A relay that does not answer is left for the next, milliseconds. */
const RELAY_MS = 60_000;

export const command: Command = {
  summary: "check every epoch of every pool, and prove what is false",
  usage: `
superedge watch --rpc URL (--deployment FILE | --relay URL) [--relay URL ...] [--key FILE] [--keep FOLDER]
                [--from-block N] [--poll-seconds N] [--idle-seconds N]

Reads what pools have posted, fetches the data it was made from, checks every byte of that against the posted roots and the
contracts' rules, and says what it found. A lie is proved to the contracts: the epoch is void, its pool loses twice the epoch's
value, half of it to this account, half burned. Runs until it is stopped; a restart reads everything anew from the chain.

  --rpc URL           JSON-RPC of the chain
  --deployment FILE   where the contracts are, as superedge deploy wrote it; without it the first relay is asked
  --relay URL         serves data of epochs; may be given several times, and need not be trusted
  --key FILE          private key in hexadecimal, or a JSON keystore whose password is in ${PASSWORD_VARIABLE}; without it,
                      ${KEY_VARIABLE} is read from the environment; without that, nothing is challenged. Nothing else may send
                      from this account; it needs some of the chain's coin for gas. Keys are never printed
  --keep FOLDER       keep the data, so that a pool cannot take it back
  --from-block N      first block to read (default 0): that of the deployment, on a long chain
  --poll-seconds N    how often the chain is asked (default 5)
  --idle-seconds N    while a challenge waits for its two blocks, a chain that makes none for so long is sent an empty
                      transaction (default 60): the embedded chain makes blocks of transactions only
`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    // Not quoted: it may be a key.
    if (positionals.length > 0)
      throw new UsageError(`expected options only, found ${positionals.length} argument(s) beside them`);
    const rpc = parseUrl("--rpc", values.rpc);
    const relays = (values.relay ?? []).map((url) => new Relay(parseUrl("--relay", url)));
    const fromBlock = parseWhole("--from-block", values["from-block"] ?? "0", 0);
    const pollMs = 1000 * parseWhole("--poll-seconds", values["poll-seconds"] ?? "5");
    const idleMs = 1000 * parseWhole("--idle-seconds", values["idle-seconds"] ?? "60");
    const wallet = readKey(values.key, KEY_VARIABLE);
    if (values.deployment === undefined && relays.length === 0)
      throw new UsageError("expected --deployment FILE or --relay URL, found neither");
    buildContracts();
    const provider = await connect(rpc);
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
      const epochs = values.deployment === undefined ? await askedOf(relays[0]!) : readEpochs(values.deployment);
      const chain = await epochsAt(epochs, provider, rpc);
      const wait = (ms: number) => sleep(ms, undefined, { signal: stopping.signal });
      const challenger =
        wallet && new Challenger({ wallet, provider, challenges: chain.challenges, wait, now: Date.now, idleMs });
      say(
        `watching Epochs ${epochs} on chain ${chain.chainId}, challenge window ${await chain.windowSeconds()} s, ` +
          (challenger ? `challenging as ${challenger.address}` : "challenging nothing, without a key"),
      );
      const sources = new Sources(relays.map(sourceOf), values.keep);
      await new Watchtower({ provider, chain, sources, challenger, fromBlock, say }).run(pollMs, stopping.signal);
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      provider.destroy();
    }
    return 0;
  },
};

const options = {
  rpc: { type: "string" },
  deployment: { type: "string" },
  relay: { type: "string", multiple: true },
  key: { type: "string" },
  keep: { type: "string" },
  "from-block": { type: "string" },
  "poll-seconds": { type: "string" },
  "idle-seconds": { type: "string" },
} as const;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sourceOf =
  (relay: Relay): Source =>
  ({ number }) =>
    relay.bytes(`api/epochs/${number}/data`, MAX_DATA_BYTES, { signal: AbortSignal.timeout(RELAY_MS) });

const askedOf = async (relay: Relay): Promise<Address> => toAddress((await relay.json(poolAnswer, "api/pool")).epochs);

function readEpochs(file: string): Address {
  let epochs: unknown;
  try {
    epochs = (JSON.parse(readFileSync(file, "utf8")) as { epochs?: unknown }).epochs;
  } catch {
    // What it is instead is not quoted: it may be a key, named by mistake.
  }
  if (typeof epochs === "string" && isAddress(epochs)) return toAddress(epochs);
  throw new UsageError("--deployment: expected a file with the addresses of a deployment, found none that can be read");
}

async function epochsAt(address: Address, provider: Provider, rpc: string): Promise<ChainEpochs> {
  try {
    return await ChainEpochs.at(address, provider);
  } catch (cause) {
    throw new Error(`expected the contract Epochs at ${address} on the chain at ${new URL(rpc).origin}, found none`, {
      cause,
    });
  }
}

// `superedge orders`: the order book of a relay from the command line.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { formatEther, type Wallet } from "ethers";
import { type Command, UsageError } from "../../client/cli/command.ts";
import { Grid } from "../../client/grid.ts";
import { signOrder } from "../../client/market.ts";
import { cancelOrder } from "../../client/orders.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { toAddress, toBytes32 } from "../../protocol/ids.ts";
import { type BookOrder, bookQuerySchema, postOrderSchema } from "../../protocol/orderBook.ts";
import { inJson } from "../../protocol/orders.ts";
import { parseAs } from "../../protocol/parse.ts";
import { PASSWORD_VARIABLE, readKey } from "./key.ts";

const KEY_VARIABLE = "SUPEREDGE_KEY";

const usage = `
superedge orders list [--kind KIND] [--signer ADDRESS] [--app ID] [--category C] [--law LAW] [--json] [--relay URL]
superedge orders post FILE [--key FILE] [--relay URL]
superedge orders cancel ID [--key FILE] [--here] [--relay URL]

list prints the open orders of a relay's book: AppOrder, DatasetOrder, PoolOrder, RequestOrder.
post sends an order: FILE is JSON, {"kind": …, "order": {…}}, with "signature", or it is signed with the key; a
     RequestOrder may bring "job": {"spec": {…}} along, which a pool needs to fill it by itself. - reads standard input.
cancel ends an order on chain, for ever and in every book, and has this book forget it. With --here only the latter.

  --relay URL  default http://localhost:8787
  --key FILE   a private key in hexadecimal, or a JSON keystore whose password is in ${PASSWORD_VARIABLE}; without it,
               ${KEY_VARIABLE} is read from the environment. Keys are never printed
`;

const options = {
  relay: { type: "string", default: "http://localhost:8787" },
  key: { type: "string" },
  kind: { type: "string" },
  signer: { type: "string" },
  app: { type: "string" },
  category: { type: "string" },
  law: { type: "string" },
  json: { type: "boolean", default: false },
  here: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parse>["values"];
const parse = (args: string[]) => parseArgs({ args, options, allowPositionals: true });

export const command: Command = {
  summary: "list, post and cancel signed orders",
  usage,
  async run(args) {
    const { values, positionals } = parse(args);
    const [verb, argument, ...more] = positionals;
    const needsOne = verb === "post" || verb === "cancel";
    if (!(needsOne || verb === "list") || more.length > 0 || needsOne !== (argument !== undefined))
      throw new UsageError("expected list, post FILE or cancel ID; superedge orders --help says more");
    const grid = await Grid.connect(values.relay);
    try {
      if (verb === "list") await list(grid, values);
      else if (verb === "post") await post(grid, argument!, values);
      else await cancel(grid, argument!, values);
    } finally {
      grid.close();
    }
    return 0;
  },
};

async function list(grid: Grid, { kind, signer, app, category, law, json }: Values): Promise<void> {
  const given = { kind, signer: signer && toAddress(signer), app: app && toBytes32(app), category, law };
  const query = parseAs(bookQuerySchema, inJson(given));
  for await (const order of grid.orders.list(query))
    process.stdout.write(json ? `${JSON.stringify(inJson(order))}\n` : `${lineOf(order)}\n`);
}

function lineOf({ id, kind, order, signer, left, waits }: BookOrder): string {
  const wei = "priceWei" in order ? order.priceWei : order.poolMaxWei;
  const terms = "law" in order ? [order.category ?? "-", order.law, `T=${order.trust}`, `x${order.replicas}`] : [];
  const ends = new Date(order.expiry * 1000).toISOString().slice(0, 16);
  const words = [id, kind, signer, `${left} tasks`, `${formatEther(wei)} ECT`, ...terms, `until ${ends}`];
  return words.join("  ") + (waits === undefined ? "" : `  (${waits})`);
}

async function post(grid: Grid, file: string, { key }: Values): Promise<void> {
  const json = readJson(file);
  const signed = typeof json.signature === "string";
  const posted = parseAs(postOrderSchema, { signature: "0x", ...json });
  if (!signed) {
    const place = await grid.place();
    const { signature } = await signOrder(place, posted.kind, posted.order, signerFrom(key));
    posted.signature = signature;
  }
  process.stdout.write(`${JSON.stringify(inJson(await grid.orders.post(posted)))}\n`);
}

function signerFrom(key: string | undefined): Wallet {
  const wallet = readKey(key, KEY_VARIABLE);
  if (!wallet) throw new UsageError(`expected --key FILE, or a key in ${KEY_VARIABLE}; found neither`);
  return wallet;
}

function readJson(file: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch {}
  throw new UsageError("post: expected a file with an order in JSON");
}

async function cancel(grid: Grid, id: string, { key, here }: Values): Promise<void> {
  const order = toBytes32(id);
  const signer = signerFrom(key);
  if (!here) await cancelOrder(await grid.place(), order, grid.connectSigner(signer));
  try {
    await grid.orders.withdraw(order, signer);
  } catch (error) {
    // The relay has seen it cancelled already.
    if (here || !(error instanceof SuperEdgeError) || error.code !== "not-found") throw error;
  }
  process.stdout.write(`${order} ${here ? "is withdrawn from this book" : "is cancelled"}\n`);
}

// What an operator can set, on the command line or in the environment (SUPEREDGE_PORT for --port, and so on).
import { parseArgs } from "node:util";
import * as v from "valibot";
import { describeIssues } from "../protocol/parse.ts";

const whole = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d+$/, "expected a whole number"),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
  );
const host = v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:[\]-]{1,255}$/, "expected a host name or address"));
const url = v.pipe(v.string(), v.url("expected a URL"));

const schema = v.object({
  name: v.optional(v.pipe(v.string(), v.maxLength(80)), "SuperEdge pool"),
  host: v.optional(host, "127.0.0.1"),
  port: v.optional(whole(0, 65535), "8787"),
  data: v.optional(v.pipe(v.string(), v.minLength(1)), "data"),
  "page-host": v.optional(host, "localhost"),
  "sandbox-host": v.optional(host, "127.0.0.1"),
  /** Where browsers find page and sandbox, if not at the hosts above and this port (behind a proxy with TLS). */
  "page-origin": v.optional(url),
  "sandbox-origin": v.optional(url),
  "trusted-proxies": v.optional(v.string(), ""),
  "fee-bps": v.optional(whole(0, 5000), "1000"),
  "window-seconds": v.optional(whole(1, 30 * 24 * 3600), "60"),
  "epoch-seconds": v.optional(whole(1, 30 * 24 * 3600), "600"),
  "blob-gib": v.optional(whole(1, 1_000_000), "50"),
  "requests-per-minute": v.optional(whole(1, 1_000_000), "6000"),
  "messages-per-second": v.optional(whole(1, 1_000_000), "500"),
  referee: v.optional(v.picklist(["on", "off"]), "on"),
  mirror: v.optional(v.string(), ""),
  "fill-orders": v.optional(v.picklist(["on", "off"]), "off"),
  log: v.optional(v.picklist(["silent", "error", "warn", "info", "debug"]), "warn"),
});

const help: Record<keyof v.InferOutput<typeof schema>, string> = {
  name: "what the pool is called",
  host: "address to listen on",
  port: "port to listen on; 0 for a free one",
  data: "folder that holds everything: store, blobs, chain, keys",
  "page-host": "host name of the pages",
  "sandbox-host": "host name of the frame kernels run in; must differ from the pages'",
  "page-origin": "origin of the pages as browsers see it, behind a proxy",
  "sandbox-origin": "origin of the sandbox frame as browsers see it, behind a proxy",
  "trusted-proxies": "addresses of proxies whose X-Forwarded-For is believed, comma separated",
  "fee-bps": "the pool's fee in hundredths of a per cent of the price",
  "window-seconds": "challenge window of an epoch, set when the contracts are deployed",
  "epoch-seconds": "longest time a certified task waits for settlement",
  "blob-gib": "disk that blobs may take, GiB",
  "requests-per-minute": "HTTP requests of one address; loopback is not counted",
  "messages-per-second": "messages a volunteer's socket may send, on average",
  referee: "on or off: run tasks that workers dispute on this machine, in a process of their own",
  mirror: "relays whose order books this one takes over, addresses, comma separated",
  "fill-orders": "on or off: match request orders of the book with this pool's own orders in it",
  log: "silent, error, warn, info or debug",
};

export interface Config {
  name: string;
  host: string;
  port: number;
  data: string;
  pageHost: string;
  sandboxHost: string;
  pageOrigin: string | undefined;
  sandboxOrigin: string | undefined;
  trustedProxies: string[];
  feeBps: number;
  windowSeconds: number;
  epochSeconds: number;
  blobGib: number;
  requestsPerMinute: number;
  messagesPerSecond: number;
  referee: boolean;
  mirrors: string[];
  fillOrders: boolean;
  log: "silent" | "error" | "warn" | "info" | "debug";
}

export const usage = (): string =>
  `usage: npm start -- [OPTION ...]\n\n${Object.entries(help)
    .map(([name, text]) => `  --${name.padEnd(20)} ${text}`)
    .join("\n")}\n\nEach can be set in the environment too: SUPEREDGE_PORT for --port, and so on.`;

/** Throws an Error that names the option and says what was expected. */
export function readConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Config {
  const names = Object.keys(help) as (keyof typeof help)[];
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
  });
  const given: Record<string, string> = {};
  for (const name of names) {
    const value = values[name] ?? env[`SUPEREDGE_${name.toUpperCase().replaceAll("-", "_")}`];
    if (typeof value === "string") given[name] = value;
  }
  const result = v.safeParse(schema, given);
  if (!result.success) throw new Error(`--${describeIssues(result.issues)}`);
  const o = result.output;
  const same = o["page-origin"] ? o["page-origin"] === o["sandbox-origin"] : o["page-host"] === o["sandbox-host"];
  if (same)
    throw new Error("--sandbox-host: expected another host than the pages', so that kernels share nothing with them");
  return {
    name: o.name,
    host: o.host,
    port: o.port,
    data: o.data,
    pageHost: o["page-host"],
    sandboxHost: o["sandbox-host"],
    pageOrigin: o["page-origin"],
    sandboxOrigin: o["sandbox-origin"],
    trustedProxies: listOf(o["trusted-proxies"]),
    feeBps: o["fee-bps"],
    windowSeconds: o["window-seconds"],
    epochSeconds: o["epoch-seconds"],
    blobGib: o["blob-gib"],
    requestsPerMinute: o["requests-per-minute"],
    messagesPerSecond: o["messages-per-second"],
    referee: o.referee === "on",
    mirrors: listOf(o.mirror).map((text) => urlOf("mirror", text)),
    fillOrders: o["fill-orders"] === "on",
    log: o.log,
  };
}

const listOf = (text: string): string[] => text.split(",").flatMap((item) => item.trim() || []);

function urlOf(name: string, text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new Error(`--${name}: expected an http or https URL, found ${JSON.stringify(text.slice(0, 80))}`);
}

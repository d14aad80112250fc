// Stands between a client and a real relay, and changes what the relay says.
import { scriptedRelay } from "./scriptedRelay.ts";

/** Gets each answer's path and text; returns what the client is told instead. */
export type Lie = (path: string, text: string) => string;

/** Address of the proxy. Answers pass as bytes unless `lie` changes their text. */
export const lyingProxy = (relay: string, lie: Lie): Promise<string> =>
  scriptedRelay(async (request, response, body) => {
    const { method = "GET", url = "/", headers } = request;
    const forwarded = await fetch(new URL(url, relay), {
      method,
      headers: { "content-type": headers["content-type"] ?? "" },
      body: method === "GET" ? undefined : new Uint8Array(body),
    });
    const bytes = Buffer.from(await forwarded.arrayBuffer());
    const text = bytes.toString("latin1");
    const said = lie(url, text);
    response
      .writeHead(forwarded.status, { "content-type": forwarded.headers.get("content-type") ?? "" })
      .end(said === text ? bytes : Buffer.from(said, "latin1"));
  });

// A small world for pages with swarms: the built page, a relay that serves blobs and counts what it sends, a tracker.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright";
import { build } from "vite";
import { type BlobTree, treeOf } from "../../protocol/cid.ts";
import { toHex } from "../../protocol/ids.ts";
import { launchOptions } from "../../tools/browser.ts";

export interface Grid {
  /** Opens a page in a browser context of its own, so that pages share no memory. */
  open(): Promise<Volunteer>;
  /** Puts a blob on the relay. */
  seed(bytes: Uint8Array): Promise<BlobTree>;
  /** What the relay has sent of blobs, and which scripts the pages have loaded. */
  sent: { blobBytes: number; scripts: string[] };
  close(): Promise<void>;
}

export interface Volunteer {
  id: string;
  page: Page;
}

export async function startGrid(): Promise<Grid> {
  const files = await buildPage();
  const blobs = new Map<string, { tree: BlobTree; bytes: Uint8Array }>();
  const sent = { blobBytes: 0, scripts: [] as string[] };

  const server = createServer(({ url, headers }, response) => {
    const [, cid, rest] = /^\/api\/blobs\/(\w+)(\/tree)?$/.exec(url ?? "") ?? [];
    const blob = blobs.get(cid ?? "");
    const file = files.get(url === "/" ? "/index.html" : (url ?? ""));
    if (file) {
      if (file.type === "text/javascript") sent.scripts.push(url!);
      response.writeHead(200, { "content-type": file.type }).end(file.source);
    } else if (!blob) response.writeHead(404).end();
    else if (rest)
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ bytes: blob.tree.bytes, leaves: blob.tree.leaves.map((leaf) => toHex(leaf).slice(2)) }));
    else {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
      const part = blob.bytes.subarray(Number(first), Number(last) + 1);
      sent.blobBytes += part.length;
      response.writeHead(206, { "content-type": "application/octet-stream" }).end(part);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const browser: Browser = await chromium.launch(launchOptions());

  let opened = 0;
  const pages = new Map<string, Page>();
  const holders = new Map<string, Set<string>>();
  return {
    sent,
    async open() {
      const id = (++opened).toString(16).padStart(16, "0");
      const context = await browser.newContext();
      const page = await context.newPage();
      pages.set(id, page);
      await page.exposeFunction("find", (cid: string) =>
        [...(holders.get(cid) ?? [])].filter((holder) => holder !== id).slice(0, 8),
      );
      await page.exposeFunction("have", (cid: string) => {
        holders.set(cid, (holders.get(cid) ?? new Set()).add(id));
      });
      await page.exposeFunction("signal", async (to: string, data: string) => {
        // A page that is gone hears nothing, as with a real tracker.
        await pages
          .get(to)
          ?.evaluate(([from, text]) => window.onSignal(from!, text!), [id, data])
          .catch(() => {});
      });
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.waitForFunction(() => "volunteer" in window);
      return { id, page };
    },
    async seed(bytes) {
      const tree = await treeOf(bytes);
      blobs.set(tree.cid, { tree, bytes });
      return tree;
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface PageFile {
  type: string;
  source: string | Uint8Array;
}

/** The page as the bundler makes it, by path. */
export async function buildPage(): Promise<Map<string, PageFile>> {
  const result = await build({
    configFile: false,
    root: fileURLToPath(new URL("page", import.meta.url)),
    logLevel: "error",
    build: { write: false, minify: false, modulePreload: { polyfill: false } },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const files = new Map<string, PageFile>();
  for (const output of outputs)
    if ("output" in output)
      for (const file of output.output)
        files.set(`/${file.fileName}`, {
          type: file.fileName.endsWith(".html") ? "text/html" : "text/javascript",
          source: file.type === "chunk" ? file.code : file.source,
        });
  return files;
}

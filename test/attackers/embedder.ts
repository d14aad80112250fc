// Serves the embedding page from an origin that is neither the volunteer's nor the sandbox's.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export async function serveEmbedder(): Promise<{ url(page: string): string; close(): void }> {
  const html = readFileSync(new URL("embedder.html", import.meta.url));
  const server = createServer((_request, response) =>
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (page) => `http://localhost:${port}/?page=${encodeURIComponent(page)}`,
    close: () => void server.close(),
  };
}

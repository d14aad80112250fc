// Frames of the given sizes, to a bare echo server and back.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";

/** Frames of one connection on their way at a time: about what the relay's protocol has. */
const IN_FLIGHT = 4;

/** Seconds until every frame of every connection has come back. `connections`: sizes of the frames of each, in order. */
export async function echoed(connections: readonly (readonly number[])[]): Promise<number> {
  const server = fork(fileURLToPath(new URL("./echo.ts", import.meta.url)));
  try {
    const [{ port }] = (await once(server, "message")) as [{ port: number }];
    const sockets = connections.map(() => new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false }));
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    const startMs = performance.now();
    await Promise.all(sockets.map((socket, i) => sendAll(socket, connections[i]!)));
    const seconds = (performance.now() - startMs) / 1000;
    for (const socket of sockets) socket.terminate();
    return seconds;
  } finally {
    server.kill();
  }
}

function sendAll(socket: WebSocket, sizes: readonly number[]): Promise<void> {
  if (sizes.length === 0) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sent = 0;
  let back = 0;
  const send = () => {
    if (sent < sizes.length) socket.send(new Uint8Array(sizes[sent++]!));
  };
  socket.on("error", reject);
  socket.on("message", () => {
    if (++back === sizes.length) resolve();
    else send();
  });
  for (let i = 0; i < IN_FLIGHT; i++) send();
  return promise;
}

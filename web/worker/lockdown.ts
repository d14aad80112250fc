// Kernels are WGSL and WASM and can reach no global of ours. Should one ever break out into this worker's JavaScript, it
// finds no storage, no channel to other pages and no network here, besides the frame's policy that forbids the network.
const UNWANTED = [
  "indexedDB",
  "caches",
  "cookieStore",
  "BroadcastChannel",
  "SharedWorker",
  "Worker",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "XMLHttpRequest",
  "fetch",
  "importScripts",
  "RTCDataChannel",
  "FileReaderSync",
  "Notification",
  "webkitRequestFileSystem",
  "webkitRequestFileSystemSync",
  "requestAnimationFrame",
];

/** Removes them from the global object and its prototypes. Runs before anything from outside is loaded. */
export function lockDown(scope: object): void {
  for (let target: object | null = scope; target && target !== Object.prototype; target = Object.getPrototypeOf(target))
    for (const name of UNWANTED) {
      const own = Object.getOwnPropertyDescriptor(target, name);
      if (!own) continue;
      if (own.configurable) delete (target as Record<string, unknown>)[name];
      else if (own.writable) (target as Record<string, unknown>)[name] = undefined;
    }
}

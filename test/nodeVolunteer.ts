// A volunteer without a browser: the page's own socket and work code, with kernels run in this process (WASM only).
// It can be told to lie, or to fall silent, for the tests that need an attacker.
import { randomBytes } from "node:crypto";
import { loadWasm } from "../kernels/execute/loadWasm.ts";
import type { Bound } from "../kernels/execute/program.ts";
import type { Cid } from "../protocol/ids.ts";
import type { Identity } from "../web/volunteer/identity.ts";
import { type Greeted, RelaySocket } from "../web/volunteer/relaySocket.ts";
import type { LoadedKernel } from "../web/volunteer/sandboxHost.ts";
import { addressOfKey } from "../web/volunteer/signature.ts";
import { Work, type WorkChange } from "../web/volunteer/work.ts";

export interface NodeVolunteerOptions {
  /** 32 bytes; a new one unless told. */
  key?: Uint8Array;
  /** Changes an output before it is committed to. */
  tamper?: (output: Uint8Array, task: number) => Uint8Array;
  /** Computes instead of the kernel. */
  compute?: (kernel: LoadedKernel, range: { first: number; count: number }) => Promise<Uint8Array>;
  onChange?: (change: WorkChange) => void;
}

export class NodeVolunteer {
  readonly identity: Identity;
  readonly counts = { computed: 0, certified: 0, rejected: 0, lapsed: 0 };
  readonly notices: string[] = [];
  readonly greeted: Promise<Greeted>;
  /** Sequences of batches the relay has acknowledged. */
  readonly acked: number[] = [];
  refused: Error | undefined;
  readonly #socket: RelaySocket;
  readonly #bound = new Map<string, Promise<Bound>>();

  constructor(relay: string, options: NodeVolunteerOptions = {}) {
    const key = options.key ?? new Uint8Array(randomBytes(32));
    this.identity = { address: addressOfKey(key), key, kept: false };
    let tasks = 0;
    const work = new Work({
      identity: this.identity,
      send: (message) => this.#socket.send(message),
      fetch: async (cid: Cid) => {
        const response = await fetch(`${relay}/api/blobs/${cid}`);
        if (!response.ok) throw new Error(`blob ${cid}: ${response.status}`);
        return new Uint8Array(await response.arrayBuffer());
      },
      run: async (kernel, range) => {
        const startMs = performance.now();
        const output = await (options.compute ?? this.#compute)(kernel, range);
        const index = tasks++;
        const tookMs = performance.now() - startMs;
        return { output: options.tamper?.(output, index) ?? output, tookMs, busyMs: tookMs };
      },
      upload: async (task, output, token) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
        const body = output as Uint8Array<ArrayBuffer>;
        const response = await fetch(`${relay}/api/uploads/${task}`, { method: "PUT", headers, body });
        if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
      },
      paused: () => false,
      changed: (change) => {
        if (change.type === "finished") this.counts.computed++;
        if (change.type === "verdict") this.counts[change.verdict]++;
        if (change.type === "notice") this.notices.push(change.message);
        options.onChange?.(change);
      },
    });
    const { promise, resolve } = Promise.withResolvers<Greeted>();
    this.greeted = promise;
    const ad = () => ({ engines: ["wasm" as const], cores: 1, hidden: false, peers: false });
    this.#socket = new RelaySocket(`${relay.replace(/^http/, "ws")}/socket`, relay, this.identity, ad, {
      greeted: (greeted) => {
        resolve(greeted);
        work.greeted(greeted);
      },
      message: (message) => {
        if (message.type === "ack") this.acked.push(message.sequence);
        work.receive(message);
      },
      interrupted: () => work.interrupted(),
      refused: (error) => {
        this.refused = error;
      },
    });
  }

  readonly #compute = async (kernel: LoadedKernel, range: { first: number; count: number }): Promise<Uint8Array> => {
    const { name, manifest, code, params, inputs } = kernel;
    if (!this.#bound.has(name))
      this.#bound.set(
        name,
        loadWasm(manifest, code).then((program) => program.bind(params, inputs)),
      );
    return (await this.#bound.get(name)!).run(range);
  };

  close(): void {
    this.#socket.close();
  }
}

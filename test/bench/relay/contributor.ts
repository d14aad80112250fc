// A volunteer stripped of everything but the protocol: it takes leases, commits, and reveals when asked, as fast as the
// relay lets it. Every commitment is hashed and every batch signed for real; what it need not do is compute: the output
// of an item is its number.
import { randomFillSync } from "node:crypto";
import { Packr } from "msgpackr";
import { WebSocket } from "ws";
import {
  batchRoot,
  commitBatchHash,
  commitmentOf,
  consentHash,
  type Domain,
  helloHash,
} from "../../../protocol/commit.ts";
import { digestOf } from "../../../protocol/digest.ts";
import { type Address, fromHex } from "../../../protocol/ids.ts";
import { CONSENT_MS } from "../../../protocol/limits.ts";
import { PROTOCOL_VERSION, type RelayMessage, type VolunteerMessage } from "../../../protocol/messages.ts";
import { keccak, sha256 } from "../../../relay/hashes.ts";
import { addressOfKey, signHash } from "../../../relay/signature.ts";

export const OUTPUT_BYTES = 8;
const ORIGIN = "http://localhost";

interface Committed {
  digest: Uint8Array;
  salt: Uint8Array;
  output: Uint8Array;
}

// No schemas on this side: it is the relay's work that is measured.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

export class Contributor {
  certified = 0;
  /** Bytes of every frame sent since `counting` was set. */
  readonly sentBytes: number[] = [];
  received = { frames: 0, bytes: 0 };
  counting = false;
  readonly #key: Uint8Array;
  readonly #address: Address;
  readonly #batchTasks: number;
  readonly #socket: WebSocket;
  readonly #onFailure: (error: Error) => void;
  readonly #committed = new Map<string, Committed>();
  #domain: Domain | undefined;
  #pool: Address | undefined;
  #sequence = 0;
  #stopped = false;

  constructor(url: string, key: Uint8Array, batchTasks: number, onFailure: (error: Error) => void) {
    this.#key = key;
    this.#address = addressOfKey(key);
    this.#batchTasks = batchTasks;
    this.#onFailure = onFailure;
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket`, { perMessageDeflate: false });
    this.#socket.binaryType = "nodebuffer";
    this.#socket.on("message", (frame: Buffer) => this.#receive(frame));
    this.#socket.on("error", onFailure);
    this.#socket.on("close", (code, reason) => {
      if (!this.#stopped) onFailure(new Error(`the relay hung up: ${code} ${reason.toString()}`));
    });
  }

  close(): void {
    this.#stopped = true;
    this.#socket.terminate();
  }

  #send(message: VolunteerMessage): void {
    const frame = packr.pack(message);
    if (this.counting) this.sentBytes.push(frame.length);
    this.#socket.send(frame);
  }

  #receive(frame: Buffer): void {
    if (this.counting) {
      this.received.frames++;
      this.received.bytes += frame.length;
    }
    const message = packr.unpack(frame) as RelayMessage;
    switch (message.type) {
      case "challenge":
        return this.#hello(message);
      case "welcome":
        this.#sequence = message.sequence;
        return this.#ready();
      case "lease":
        this.#commit(message.tasks);
        return this.#ready();
      case "reveal":
        return this.#reveal(message.keys);
      case "verdicts":
        for (const { key, verdict } of message.verdicts) {
          if (verdict !== "certified") this.#onFailure(new Error(`a correct contribution was answered ${verdict}`));
          this.#committed.delete(latin1(key));
          this.certified++;
        }
        return;
      case "error":
        return this.#onFailure(new Error(`the relay refused: ${message.code}, ${message.message}`));
    }
  }

  #hello({ challenge, chainId, hub, pool }: Extract<RelayMessage, { type: "challenge" }>): void {
    const worker = this.#address;
    this.#domain = { chainId, hub };
    this.#pool = pool;
    const expiresAt = Math.floor((Date.now() + CONSENT_MS) / 1000);
    const consent = consentHash(this.#domain, {
      worker,
      owner: worker,
      beneficiary: worker,
      origin: ORIGIN,
      expiresAt,
    });
    this.#send({
      type: "hello",
      version: PROTOCOL_VERSION,
      worker,
      owner: worker,
      beneficiary: worker,
      consent: { origin: ORIGIN, expiresAt, signature: signHash(consent, this.#key) },
      signature: signHash(helloHash(this.#domain, { worker, challenge, consent }), this.#key),
      ad: { engines: ["wasm"], cores: 1, hidden: false, peers: false },
    });
  }

  #ready(): void {
    this.#send({ type: "ready", tasks: this.#batchTasks });
  }

  #commit(tasks: readonly { key: Uint8Array; first: number }[]): void {
    const salts = randomFillSync(new Uint8Array(32 * tasks.length));
    const keys = new Uint8Array(32 * tasks.length);
    const commitments = new Uint8Array(32 * tasks.length);
    const leaves = tasks.map(({ key, first }, i) => {
      const { output, digest } = resultOf(first);
      const salt = salts.subarray(32 * i, 32 * i + 32);
      const commitment = commitmentOf(key, this.#address, digest, salt, keccak);
      this.#committed.set(latin1(key), { digest, salt, output });
      keys.set(key, 32 * i);
      commitments.set(commitment, 32 * i);
      return commitment;
    });
    const root = batchRoot(leaves, keccak);
    const sequence = this.#sequence++;
    const batch = { pool: this.#pool!, worker: this.#address, sequence, root, count: tasks.length };
    const signature = signHash(commitBatchHash(this.#domain!, batch), this.#key);
    this.#send({ type: "commit", sequence, root, signature, keys, commitments, busyMs: 0 });
  }

  #reveal(keys: Uint8Array): void {
    const reveals: Extract<VolunteerMessage, { type: "reveal" }>["reveals"] = [];
    for (let at = 0; at < keys.length; at += 32) {
      const key = keys.subarray(at, at + 32);
      const { digest, salt, output } = this.#committed.get(latin1(key))!;
      reveals.push({ key, digest, salt, output });
    }
    this.#send({ type: "reveal", reveals });
  }
}

/** Bytes as a map's key. */
const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

const results: { output: Uint8Array; digest: Uint8Array }[] = [];

/** The contributors of one task give one result: the second finds it made. */
function resultOf(item: number): { output: Uint8Array; digest: Uint8Array } {
  const known = results[item];
  if (known) return known;
  const output = new Uint8Array(OUTPUT_BYTES);
  new DataView(output.buffer).setUint32(0, item);
  const result = { output, digest: fromHex(digestOf(output, OUTPUT_BYTES, sha256)) };
  results[item] = result;
  return result;
}

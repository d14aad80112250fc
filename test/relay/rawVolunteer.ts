// A volunteer's socket with nothing behind it: a test says every frame. Answers queue up until they are looked at.
import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import {
  batchRoot,
  type Consent,
  commitBatchHash,
  commitmentOf,
  consentHash,
  helloHash,
} from "../../protocol/commit.ts";
import { digestOf } from "../../protocol/digest.ts";
import { type Address, fromHex, type Hex } from "../../protocol/ids.ts";
import { PROTOCOL_VERSION, type RelayMessage, type VolunteerMessage } from "../../protocol/messages.ts";
import { packMessage, parseRelayMessage } from "../../protocol/parse.ts";
import { addressOfKey, signHash } from "../../relay/signature.ts";
import type { TestRelay } from "./testRelay.ts";

type Of<T extends RelayMessage["type"]> = Extract<RelayMessage, { type: T }>;
type Said<T extends VolunteerMessage["type"]> = Extract<VolunteerMessage, { type: T }>;

export interface Work {
  key: Uint8Array;
  digest: Uint8Array;
  salt: Uint8Array;
  output: Uint8Array;
}

export class RawVolunteer {
  readonly key: Uint8Array;
  readonly address: Address;
  readonly closed: Promise<{ code: number; reason: string }>;
  sequence = 0;
  uploadToken = "";
  session = "";
  readonly #relay: TestRelay;
  readonly #socket: WebSocket;
  #inbox: RelayMessage[] = [];
  #wake: (() => void)[] = [];
  #isClosed = false;

  private constructor(relay: TestRelay, key: Uint8Array, headers: Record<string, string>) {
    this.#relay = relay;
    this.key = key;
    this.address = addressOfKey(key);
    this.#socket = new WebSocket(`${relay.url.replace("http", "ws")}/socket`, { headers });
    this.#socket.binaryType = "nodebuffer";
    this.#socket.on("message", (data) => {
      this.#inbox.push(parseRelayMessage(data as Buffer));
      this.#stir();
    });
    this.#socket.on("error", () => {});
    this.closed = new Promise((resolve) =>
      this.#socket.on("close", (code, reason) => {
        this.#isClosed = true;
        this.#stir();
        resolve({ code, reason: reason.toString() });
      }),
    );
  }

  /** Connected and challenged, not greeted. */
  static async connect(
    relay: TestRelay,
    key: Uint8Array = new Uint8Array(randomBytes(32)),
    headers: Record<string, string> = {},
  ): Promise<RawVolunteer & { challenge: Of<"challenge"> }> {
    const volunteer = new RawVolunteer(relay, key, headers);
    const challenge = await volunteer.next("challenge");
    return Object.assign(volunteer, { challenge });
  }

  /** Greeted. */
  static async join(relay: TestRelay, key?: Uint8Array): Promise<RawVolunteer> {
    const volunteer = await RawVolunteer.connect(relay, key);
    volunteer.send(volunteer.hello(volunteer.challenge));
    await volunteer.welcomed();
    return volunteer;
  }

  async welcomed(): Promise<Of<"welcome">> {
    const welcome = await this.next("welcome");
    this.sequence = welcome.sequence;
    this.uploadToken = welcome.uploadToken;
    this.session = welcome.session;
    return welcome;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #stir(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  send(message: VolunteerMessage): void {
    this.sendBytes(packMessage(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes, { binary: true });
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** The next message of this type; others before it are dropped. Throws if the socket closes first. */
  async next<T extends RelayMessage["type"]>(type: T): Promise<Of<T>> {
    for (;;) {
      const at = this.#inbox.findIndex((message) => message.type === type);
      if (at >= 0) return this.#inbox.splice(0, at + 1).at(-1) as Of<T>;
      if (this.#isClosed) throw new Error(`the relay hung up before it sent ${type}: ${JSON.stringify(this.#inbox)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** What the relay has said until it answered a ping, or hung up: everything sent before has been dealt with. */
  async settled(): Promise<RelayMessage[]> {
    if (!this.#isClosed) this.send({ type: "ping" });
    while (!this.#isClosed && !this.#inbox.some((message) => message.type === "pong"))
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    const said = this.#inbox.filter((message) => message.type !== "pong");
    this.#inbox = [];
    return said;
  }

  /** The code of the first refusal among what `settled` returns. */
  async refusal(): Promise<string | undefined> {
    return (await this.settled()).find((message) => message.type === "error")?.code;
  }

  hello(
    { challenge }: Pick<Of<"challenge">, "challenge">,
    change: { consent?: Partial<Consent>; message?: Partial<Said<"hello">> } = {},
  ): Said<"hello"> {
    const { domain } = this.#relay;
    const worker = this.address;
    const consent: Consent = {
      worker,
      owner: worker,
      beneficiary: worker,
      origin: "http://localhost",
      expiresAt: Math.floor(Date.now() / 1000) + 3600,
      ...change.consent,
    };
    const agreed = consentHash(domain, consent);
    return {
      type: "hello",
      version: PROTOCOL_VERSION,
      worker,
      owner: worker,
      beneficiary: worker,
      consent: { origin: consent.origin, expiresAt: consent.expiresAt, signature: signHash(agreed, this.key) },
      signature: signHash(helloHash(domain, { worker, challenge, consent: agreed }), this.key),
      ad: { engines: ["wasm"], cores: 1, hidden: false, peers: true },
      ...change.message,
    };
  }

  /** Asks for work and gets it. */
  async lease(tasks = 64): Promise<Of<"lease">> {
    this.send({ type: "ready", tasks });
    return this.next("lease");
  }

  /** A commit of these results, valid as it stands. */
  commit(work: readonly Work[], sequence = this.sequence): Said<"commit"> {
    const commitments = work.map(({ key, digest, salt }) => commitmentOf(key, this.address, digest, salt));
    const root = batchRoot(commitments);
    const batch = { pool: this.#relay.pool, worker: this.address, sequence, root, count: work.length };
    return {
      type: "commit",
      sequence,
      root,
      signature: signHash(commitBatchHash(this.#relay.domain, batch), this.key),
      keys: new Uint8Array(Buffer.concat(work.map(({ key }) => key))),
      commitments: new Uint8Array(Buffer.concat(commitments)),
      busyMs: work.length,
    };
  }

  reveal(work: readonly Work[]): Said<"reveal"> {
    return { type: "reveal", reveals: work.map(({ key, digest, salt, output }) => ({ key, digest, salt, output })) };
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** A result of a task, with a salt of its own. */
export const workOf = (key: Uint8Array, output: Uint8Array, itemBytes = 4): Work => ({
  key,
  digest: fromHex(digestOf(output, itemBytes) as Hex),
  salt: new Uint8Array(randomBytes(32)),
  output,
});

// One volunteer's socket.
//
//   connected ──challenge──▶ challenged ──hello (key and consent proven)──▶ greeted ──▶ closed
//                                 │ anything else: out-of-order, closed          │ banned, replaced by another tab,
//                                 │ no hello in time: closed                     │ too slow a reader, too many messages
import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import { consentHash, type Domain, helloHash } from "../protocol/commit.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import type { Address, Cid } from "../protocol/ids.ts";
import { CONSENT_MS } from "../protocol/limits.ts";
import { PROTOCOL_VERSION, type RelayMessage, type VolunteerMessage } from "../protocol/messages.ts";
import { packMessage, parseVolunteerMessage } from "../protocol/parse.ts";
import type { Loop } from "./loop.ts";
import { subnetOf } from "./scheduler/strangers.ts";
import type { Signaling } from "./signaling.ts";
import { recoverAddress } from "./signature.ts";

/** A visitor that says nothing holds a socket no longer than this, milliseconds. */
const HELLO_MS = 10_000;
/** Unsent bytes at which a reader is too slow to keep. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
/** Clocks differ: a consent may expire this much later than the longest allowed, milliseconds. */
const CLOCK_SKEW_MS = 24 * 3600 * 1000;
/** Wrong messages after which a session is closed: an honest program sends none. */
const MAX_ERRORS = 20;

export interface SessionContext {
  loop: Loop;
  signaling: Signaling;
  domain: Domain;
  pool: Address;
  /** Messages a second a session may send, on average; twice that in a burst. */
  messagesPerSecond: number;
  /** On-chain score of a worker. */
  scoreOf: (worker: Address) => number;
  /** Called when the key is proven, before the worker joins the pool. */
  onGreeted: (session: Session) => void;
  /** Whether an address may bring one more key that was never seen. */
  admitsNewcomer: (ip: string) => boolean;
  onClosed: (session: Session) => void;
  log: (event: string, fields: Record<string, unknown>) => void;
}

export class Session {
  readonly id = randomBytes(8).toString("hex");
  readonly uploadToken = randomBytes(24).toString("hex");
  /** Known once greeted. */
  worker: Address | undefined;
  peers = false;
  readonly #socket: WebSocket;
  readonly #ip: string;
  readonly #origin: string;
  readonly #context: SessionContext;
  readonly #challenge = new Uint8Array(randomBytes(32));
  readonly #helloTimer: NodeJS.Timeout;
  #allowance: number;
  #allowanceAtMs = Date.now();
  #errors = 0;
  #closed = false;

  /** `origin`: the page the browser says it speaks for; empty from programs that are no browser. */
  constructor(socket: WebSocket, ip: string, origin: string, context: SessionContext) {
    this.#socket = socket;
    this.#ip = ip;
    this.#origin = origin;
    this.#context = context;
    this.#allowance = 2 * context.messagesPerSecond;
    socket.binaryType = "nodebuffer";
    socket.on("message", (data, isBinary) => this.#onMessage(data as Buffer, isBinary));
    socket.on("close", () => this.#onClose());
    // A breach of WebSocket itself, or a frame far too large: ws says which and hangs up.
    socket.on("error", () => this.#onClose());
    this.#helloTimer = setTimeout(
      () => this.close(new SuperEdgeError("out-of-order", `expected a hello within ${HELLO_MS} ms`)),
      HELLO_MS,
    );
    const { chainId, hub } = context.domain;
    this.send({
      type: "challenge",
      version: PROTOCOL_VERSION,
      challenge: this.#challenge,
      chainId,
      hub,
      pool: context.pool,
    });
  }

  send(message: RelayMessage): void {
    if (this.#closed) return;
    this.#socket.send(packMessage(message));
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) this.#socket.terminate();
  }

  /** Says why and hangs up. */
  close(error: SuperEdgeError): void {
    if (this.#closed) return;
    this.send({ type: "error", code: error.code, message: error.message });
    this.#socket.close(4000, error.code);
    this.#onClose();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#helloTimer);
    this.#context.signaling.leave(this.id);
    if (this.worker) this.#context.onClosed(this);
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    let message: VolunteerMessage | undefined;
    try {
      this.#spend();
      if (!isBinary) throw new SuperEdgeError("bad-frame", "expected a binary frame, found text");
      message = parseVolunteerMessage(data);
      if (this.worker) this.#onGreetedMessage(this.worker, message);
      else this.#onHello(message);
    } catch (error) {
      this.#refuse(error, message);
    }
  }

  #refuse(error: unknown, refused: VolunteerMessage | undefined): void {
    if (!(error instanceof SuperEdgeError)) {
      this.#context.log("session failed", { session: this.id, error: String((error as Error)?.stack ?? error) });
      return this.close(new SuperEdgeError("internal", "the relay made a mistake with this message"));
    }
    if (!this.worker || ++this.#errors > MAX_ERRORS) return this.close(error);
    this.send({
      type: "error",
      code: error.code,
      message: error.message,
      ...(refused?.type === "commit" && error.code !== "replayed" && { sequence: refused.sequence }),
    });
  }

  /** A token bucket. */
  #spend(): void {
    const { messagesPerSecond } = this.#context;
    const nowMs = Date.now();
    const earned = ((nowMs - this.#allowanceAtMs) / 1000) * messagesPerSecond;
    this.#allowance = Math.min(2 * messagesPerSecond, this.#allowance + earned) - 1;
    this.#allowanceAtMs = nowMs;
    if (this.#allowance >= 0) return;
    this.close(new SuperEdgeError("too-many", `expected at most ${messagesPerSecond} messages a second`));
    throw new SuperEdgeError("too-many", "closed");
  }

  #onHello(message: VolunteerMessage): void {
    if (message.type !== "hello")
      throw new SuperEdgeError("out-of-order", `expected hello first, found ${message.type}`);
    const { domain, loop } = this.#context;
    const { worker, owner, beneficiary, consent, ad } = message;
    if (message.version !== PROTOCOL_VERSION)
      throw new SuperEdgeError("bad-version", `expected version ${PROTOCOL_VERSION}, found ${message.version}`);
    // Another account would have to say yes to being owner or beneficiary; until accounts are bound they are the worker.
    if (owner !== worker || beneficiary !== worker)
      throw new SuperEdgeError("bad-message", "owner and beneficiary: expected the worker itself");
    const nowMs = Date.now();
    if (consent.expiresAt * 1000 <= nowMs)
      throw new SuperEdgeError("no-consent", "the volunteer's consent has expired");
    if (consent.expiresAt * 1000 > nowMs + CONSENT_MS + CLOCK_SKEW_MS)
      throw new SuperEdgeError("no-consent", `a consent is given for ${CONSENT_MS / 86_400_000} days at most`);
    if (this.#origin !== "" && consent.origin !== this.#origin)
      throw new SuperEdgeError("no-consent", `expected a consent for ${this.#origin}, found one for ${consent.origin}`);
    const agreed = consentHash(domain, {
      worker,
      owner,
      beneficiary,
      origin: consent.origin,
      expiresAt: consent.expiresAt,
    });
    if (recoverAddress(agreed, consent.signature) !== worker)
      throw new SuperEdgeError("no-consent", "expected the consent to be signed by the worker");
    const hello = helloHash(domain, { worker, challenge: this.#challenge, consent: agreed });
    if (recoverAddress(hello, message.signature) !== worker)
      throw new SuperEdgeError("bad-signature", "expected the hello to be signed by the worker");
    if (loop.state.workers.get(worker)?.banned)
      throw new SuperEdgeError("banned", "too many of this worker's results were wrong: this pool gives no more work");

    if (!loop.state.workers.has(worker) && !this.#context.admitsNewcomer(this.#ip))
      throw new SuperEdgeError("too-many", "too many new workers came from this address within the hour; try later");

    clearTimeout(this.#helloTimer);
    this.worker = worker;
    this.peers = ad.peers;
    this.#context.onGreeted(this);
    const sequence = loop.join({
      address: worker,
      owner,
      beneficiary,
      subnet: subnetOf(this.#ip),
      ad,
      score: this.#context.scoreOf(worker),
    });
    this.send({ type: "welcome", session: this.id, sequence: sequence + 1, uploadToken: this.uploadToken });
  }

  #onFind(cid: Cid): void {
    const answer = (peers: string[]) => this.send({ type: "peers", cid, peers });
    if (this.peers) this.#context.signaling.find(this.id, cid, answer);
    else answer([]);
  }

  #onGreetedMessage(worker: Address, message: VolunteerMessage): void {
    const { loop, signaling } = this.#context;
    switch (message.type) {
      case "hello":
        throw new SuperEdgeError("out-of-order", "hello was said already");
      case "ad":
        this.peers = message.ad.peers;
        if (!this.peers) signaling.leave(this.id);
        return loop.setAd(worker, message.ad);
      case "ready":
        return loop.onReady(worker, message);
      case "commit":
        return loop.onCommit(worker, message);
      case "reveal":
        return loop.onReveal(worker, message);
      case "shown":
        return loop.onShown(worker, message);
      case "handBack":
        return loop.onHandBack(worker, message);
      case "failed":
        return loop.onFailed(worker, message);
      case "have":
        if (this.peers) signaling.have(this.id, message.cid as Cid);
        return;
      case "find":
        return this.#onFind(message.cid as Cid);
      case "signal":
        return signaling.signal(this.id, message.to, message.data);
      case "ping":
        return this.send({ type: "pong" });
    }
  }
}

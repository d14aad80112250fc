// The volunteer's socket: connects, proves key and consent, and comes back after an interruption.
//
//   connecting ─▶ challenged ─hello─▶ greeted ──closed──▶ waiting (0.5 s, doubling to 30 s) ─▶ connecting
//                     └── refused for good (banned, version, consent): closed, not tried again
import type { Ad } from "../../protocol/ads.ts";
import { type Consent, consentHash, type Domain, helloHash } from "../../protocol/commit.ts";
import { type ErrorCode, SuperEdgeError } from "../../protocol/errors.ts";
import type { Address } from "../../protocol/ids.ts";
import { CONSENT_MS } from "../../protocol/limits.ts";
import { PROTOCOL_VERSION, type RelayMessage, type VolunteerMessage } from "../../protocol/messages.ts";
import { packMessage, parseRelayMessage } from "../../protocol/parse.ts";
import type { Identity } from "./identity.ts";
import { signHash } from "./signature.ts";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** Refusals that another try would only meet again. */
const FINAL: readonly ErrorCode[] = ["banned", "bad-version", "no-consent", "bad-signature"];

export interface Greeted {
  domain: Domain;
  pool: Address;
  session: string;
  /** Of the next commit batch. */
  sequence: number;
  uploadToken: string;
}

export interface SocketEvents {
  greeted(greeted: Greeted): void;
  message(message: RelayMessage): void;
  /** `retryMs`: when the next try is. */
  interrupted(reason: string, retryMs: number): void;
  refused(error: SuperEdgeError): void;
}

export class RelaySocket {
  readonly #url: string;
  readonly #origin: string;
  readonly #identity: Identity;
  readonly #ad: () => Ad;
  readonly #events: SocketEvents;
  readonly #consentMs = Date.now() + CONSENT_MS;
  #socket: WebSocket | undefined;
  #greeted = false;
  #challenge: Extract<RelayMessage, { type: "challenge" }> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** `origin`: the page the volunteer said yes on. */
  constructor(url: string, origin: string, identity: Identity, ad: () => Ad, events: SocketEvents) {
    this.#url = url;
    this.#origin = origin;
    this.#identity = identity;
    this.#ad = ad;
    this.#events = events;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#greeted;
  }

  /** Dropped if there is no greeted connection: whoever sends looks at what is outstanding when the next one is. */
  send(message: VolunteerMessage): void {
    if (this.#greeted) this.#socket?.send(packMessage(message));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#receive(new Uint8Array(data));
    };
    socket.onclose = ({ reason }) => {
      this.#greeted = false;
      if (this.#closed) return;
      const retryMs = this.#retryMs;
      this.#retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
      this.#events.interrupted(reason, retryMs);
      this.#timer = setTimeout(() => this.#connect(), retryMs);
    };
  }

  #receive(frame: Uint8Array): void {
    let message: RelayMessage;
    try {
      message = parseRelayMessage(frame);
    } catch (error) {
      // A relay that does not speak the protocol is left alone.
      return this.#refuse(error as SuperEdgeError);
    }
    if (message.type === "challenge") return this.#hello(message);
    if (message.type === "welcome") return this.#welcome(message);
    if (message.type === "error" && FINAL.includes(message.code as ErrorCode))
      return this.#refuse(new SuperEdgeError(message.code as ErrorCode, message.message));
    this.#events.message(message);
  }

  #hello(challenge: Extract<RelayMessage, { type: "challenge" }>): void {
    this.#challenge = challenge;
    const { address, key } = this.#identity;
    const domain: Domain = { chainId: challenge.chainId, hub: challenge.hub };
    const consent: Consent = {
      worker: address,
      owner: address,
      beneficiary: address,
      origin: this.#origin,
      expiresAt: Math.floor(this.#consentMs / 1000),
    };
    const agreed = consentHash(domain, consent);
    const hello = helloHash(domain, { worker: address, challenge: challenge.challenge, consent: agreed });
    const message: VolunteerMessage = {
      type: "hello",
      version: PROTOCOL_VERSION,
      worker: address,
      owner: address,
      beneficiary: address,
      consent: { origin: consent.origin, expiresAt: consent.expiresAt, signature: signHash(agreed, key) },
      signature: signHash(hello, key),
      ad: this.#ad(),
    };
    this.#socket?.send(packMessage(message));
  }

  #welcome(welcome: Extract<RelayMessage, { type: "welcome" }>): void {
    if (!this.#challenge) return;
    const { chainId, hub, pool } = this.#challenge;
    this.#greeted = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#events.greeted({ domain: { chainId, hub }, pool, ...welcome });
  }

  #refuse(error: SuperEdgeError): void {
    this.close();
    this.#greeted = false;
    this.#events.refused(error);
  }
}

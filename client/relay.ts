// One relay's HTTP API: sends, bounds what comes back, and turns a refusal into an error with the relay's own code.
import * as v from "valibot";
import { isErrorCode, SuperEdgeError } from "../protocol/errors.ts";
import { MAX_BLOB_BYTES } from "../protocol/limits.ts";
import { parseAs } from "../protocol/parse.ts";
import { errorAnswer } from "./answers.ts";

/** A JSON answer, bytes: a page of 10,000 tasks with a dozen contributions each is about 20 MB. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** What is read of a refusal, bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as they are. */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export class Relay {
  readonly url: URL;

  /** Throws `bad-message` unless `url` is an http(s) address. Its path is kept: a relay may live below one. */
  constructor(url: string | URL) {
    const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
    if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
      throw new SuperEdgeError(
        "bad-message",
        `expected the relay's http address, found ${JSON.stringify(String(url))}`,
      );
    if (!parsed.pathname.endsWith("/")) parsed.pathname += "/";
    parsed.search = parsed.hash = "";
    this.url = parsed;
  }

  /** `path` without a leading slash, as `api/pool`. */
  address(path: string): URL {
    return new URL(path, this.url);
  }

  /** Throws the relay's refusal, `relay-unavailable`, `cancelled`, or `bad-message` if the answer is not what it should be. */
  async json<Schema extends v.GenericSchema>(
    schema: Schema,
    path: string,
    call: Call = {},
  ): Promise<v.InferOutput<Schema>> {
    const bytes = await this.bytes(path, MAX_JSON_BYTES, call);
    let answer: unknown;
    try {
      answer = JSON.parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      throw new SuperEdgeError("relay-unavailable", `expected JSON from ${this.address(path)}, found something else`, {
        cause,
      });
    }
    return parseAs(schema, answer);
  }

  /** The whole answer. Throws as `json` does, and `too-large` beyond `maxBytes`. */
  async bytes(path: string, maxBytes = MAX_BLOB_BYTES, call: Call = {}): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.open(path, call);
    return readAll(response, maxBytes, this.address(path));
  }

  /** An answer still flowing, its status good. */
  async open(path: string, { method = "GET", json, bytes, headers, signal }: Call = {}): Promise<Response> {
    const address = this.address(path);
    let response: Response;
    try {
      response = await fetch(address, {
        method,
        headers: {
          ...(json !== undefined && { "content-type": "application/json" }),
          ...(bytes && { "content-type": "application/octet-stream" }),
          ...headers,
        },
        body: json !== undefined ? JSON.stringify(json) : (bytes as Uint8Array<ArrayBuffer> | undefined),
        signal,
      });
    } catch (cause) {
      throw unreachable(address, signal, cause);
    }
    if (!response.ok) throw await refusal(response, address);
    return response;
  }
}

async function readAll(response: Response, maxBytes: number, address: URL): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = (found: string) =>
    new SuperEdgeError("too-large", `expected at most ${maxBytes} bytes from ${address}, found ${found}`);
  const declared = Number(response.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw tooLarge(`${declared}`);
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const part of chunks(response)) {
      total += part.length;
      if (total > maxBytes) throw tooLarge("more");
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof SuperEdgeError) throw cause;
    throw unreachable(address, undefined, cause);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The body piece by piece. Not every browser's stream can be iterated by itself. */
export async function* chunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Leaving early must end the request, or the relay goes on sending.
    await reader.cancel().catch(() => undefined);
  }
}

async function refusal(response: Response, address: URL): Promise<SuperEdgeError> {
  const where = `${response.status} from ${address}`;
  try {
    const bytes = await readAll(response, MAX_ERROR_BYTES, address);
    const { code, message } = v.parse(errorAnswer, JSON.parse(new TextDecoder().decode(bytes))).error;
    return new SuperEdgeError(isErrorCode(code) ? code : "internal", message, { cause: new Error(where) });
  } catch (cause) {
    return new SuperEdgeError("relay-unavailable", `expected a relay's answer, found ${where}`, { cause });
  }
}

const unreachable = (address: URL, signal: AbortSignal | undefined, cause: unknown): SuperEdgeError =>
  signal?.aborted
    ? new SuperEdgeError("cancelled", `the request to ${address} was stopped`, { cause })
    : new SuperEdgeError("relay-unavailable", `expected an answer from ${address}, found none`, { cause });

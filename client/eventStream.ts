// Server-sent events as the HTML standard reads them, from bytes that may be cut anywhere.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import { SuperEdgeError } from "../protocol/errors.ts";

export interface ServerEvent {
  /** `message` if the stream names none. */
  event: string;
  data: string;
  /** The last id the stream gave, this event's or an earlier one's: where to resume. */
  id: string;
}

/** One event, characters: an inlined output of 64 KiB is 87,382 in base64. */
const MAX_EVENT_CHARS = 1024 * 1024;

/** Throws `too-large` if an event grows beyond 2^20 characters. */
export class EventStreamParser {
  #decoder = new TextDecoder();
  #line = "";
  #afterCarriageReturn = false;
  #event = "";
  #data: string[] = [];
  #chars = 0;
  #id: string;

  /** `lastId`: what an interrupted stream had reached. */
  constructor(lastId = "") {
    this.#id = lastId;
  }

  /** Events that these bytes complete. */
  push(bytes: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = [];
    let text = this.#decoder.decode(bytes, { stream: true });
    // A line ends in CR, LF, or both; the LF of a pair may come with the next bytes.
    if (this.#afterCarriageReturn && text.length > 0) {
      this.#afterCarriageReturn = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    let from = 0;
    for (const end of text.matchAll(/\r\n|\r|\n/g)) {
      const line = this.#line + text.slice(from, end.index);
      this.#line = "";
      from = end.index + end[0].length;
      if (end[0] === "\r" && from === text.length) this.#afterCarriageReturn = true;
      const event = this.#take(line);
      if (event) events.push(event);
    }
    this.#line += text.slice(from);
    this.#bound(this.#line.length);
    return events;
  }

  #take(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: keeps the connection alive
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    switch (field) {
      case "event":
        this.#event = value;
        break;
      case "data":
        this.#chars += value.length + 1;
        this.#bound(0);
        this.#data.push(value);
        break;
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
    }
  }

  #dispatch(): ServerEvent | undefined {
    const event = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#chars = 0;
    return empty ? undefined : event;
  }

  #bound(pending: number): void {
    if (this.#chars + pending > MAX_EVENT_CHARS)
      throw new SuperEdgeError("too-large", `expected an event of at most ${MAX_EVENT_CHARS} characters, found more`);
  }
}

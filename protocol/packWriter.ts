// Writes MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) straight from our own types, in the shortest
// form: byte for byte what msgpackr makes of the same values. It is there for the data of an epoch, where a general packer
// spends most of its time on turning hexadecimal text into arrays of bytes first.
import type { Hex } from "./ids.ts";
import { putHex, putUint } from "./pack.ts";

const FIRST_BYTES = 64 * 1024;

export class PackWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #at = 0;

  /** The header of an array; its elements follow. */
  array(length: number): void {
    this.#room(5);
    if (length < 16) this.#bytes[this.#at++] = 0x90 | length;
    else if (length < 2 ** 16) this.#tagged(0xdc, length, 2);
    else this.#tagged(0xdd, length, 4);
  }

  /** An unsigned integer below 2^53; from 2^32 on as a float, which JavaScript reads as the same number. */
  uint(value: number): void {
    this.#room(9);
    if (value < 0x80) this.#bytes[this.#at++] = value;
    else if (value < 2 ** 8) this.#tagged(0xcc, value, 1);
    else if (value < 2 ** 16) this.#tagged(0xcd, value, 2);
    else if (value < 2 ** 32) this.#tagged(0xce, value, 4);
    else {
      this.#bytes[this.#at++] = 0xcb;
      new DataView(this.#bytes.buffer).setFloat64(this.#at, value);
      this.#at += 8;
    }
  }

  boolean(value: boolean): void {
    this.#room(1);
    this.#bytes[this.#at++] = value ? 0xc3 : 0xc2;
  }

  /** Hexadecimal text, as at most 255 bytes. */
  hex(hex: Hex): void {
    const length = (hex.length - 2) >> 1;
    this.#room(2 + length);
    this.#tagged(0xc4, length, 1);
    this.#at = putHex(this.#bytes, this.#at, hex, length);
  }

  /** What was written. */
  end(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #tagged(tag: number, value: number, length: number): void {
    this.#bytes[this.#at++] = tag;
    this.#at = putUint(this.#bytes, this.#at, value, length);
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * this.#bytes.length + length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** The bytes of the vectors: byte i is (31 i + 7 ⌊i / 256⌋ + 1) mod 256, easy to write in any language. */
export const patternBytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (31 * i + 7 * (i >> 8) + 1) & 0xff);

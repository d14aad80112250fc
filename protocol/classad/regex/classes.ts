// Kinds of bytes, as PCRE names them, and sets of bytes for the matcher.
export type Test = (code: number) => boolean;
const between = (low: string, high: string): Test => {
  const [a, b] = [low.charCodeAt(0), high.charCodeAt(0)];
  return (code) => code >= a && code <= b;
};
const digit = between("0", "9");
const lowercase = between("a", "z");
const uppercase = between("A", "Z");
export const alpha: Test = (code) => lowercase(code) || uppercase(code);
const space: Test = (code) => code === 32 || (code >= 9 && code <= 13);
const wordChar: Test = (code) => alpha(code) || digit(code) || code === 95;
const printable: Test = (code) => code >= 32 && code < 127;

/** `\\d` and so on. */
export const CLASSES: Record<string, Test> = {
  d: digit,
  s: space,
  w: wordChar,
  h: (code) => code === 32 || code === 9 || code === 160,
  v: (code) => (code >= 10 && code <= 13) || code === 133,
  N: (code) => code !== 10,
};
/** `[:alpha:]` and so on. */
export const POSIX: Record<string, Test> = {
  alpha,
  digit,
  alnum: (code) => alpha(code) || digit(code),
  upper: uppercase,
  lower: lowercase,
  space,
  blank: (code) => code === 32 || code === 9,
  punct: (code) => printable(code) && code !== 32 && !alpha(code) && !digit(code),
  print: printable,
  graph: (code) => printable(code) && code !== 32,
  cntrl: (code) => code < 32 || code === 127,
  xdigit: (code) => digit(code) || between("a", "f")(code) || between("A", "F")(code),
  word: wordChar,
  ascii: (code) => code < 128,
};

const sets = new WeakMap<Test, Uint8Array>();
/** One set for all uses of a class. */
export function setOf(test: Test): Uint8Array {
  let set = sets.get(test);
  if (!set) {
    set = Uint8Array.from({ length: 256 }, (_, code) => (test(code) ? 1 : 0));
    sets.set(test, set);
  }
  return set;
}

const opposites = new WeakMap<Test, Test>();
export function not(test: Test): Test {
  const opposite = opposites.get(test) ?? ((code) => !test(code));
  opposites.set(test, opposite);
  return opposite;
}
export const anything: Test = () => true;
export const isWord = (code: number | undefined): boolean => code !== undefined && wordChar(code);

/** A Unicode property of the characters up to 255; `undefined` if there is none of this name. */
export function propertyTest(name: string, negative: boolean): Test | undefined {
  try {
    const pattern = new RegExp(name === "Any" ? "[\\s\\S]" : `\\p{${name}}`, "u");
    return (code) => pattern.test(String.fromCharCode(code)) !== negative;
  } catch {
    return undefined;
  }
}

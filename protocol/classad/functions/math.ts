import { toInteger, toReal } from "../convert.ts";
import { add, divide, low32, multiply, subtract, truncate } from "../integers.ts";
import { ERROR, isInteger, List, Real, type Value } from "../values.ts";
import type { ClassAdFunction } from "./call.ts";
import { ofOne } from "./conversions.ts";

const rounded = (round: (value: number) => number): ClassAdFunction =>
  ofOne((value) => {
    if (isInteger(value)) return value;
    const real = toReal(value);
    return typeof real === "number" ? truncate(round(real)) : ERROR;
  });

/** C's rint: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const pow: ClassAdFunction = (args, state) => {
  if (args.length !== 2) return ERROR;
  const [value, exponent] = [state.evaluate(args[0]!), state.evaluate(args[1]!)];
  if (isInteger(value) && isInteger(exponent) && exponent >= 0)
    return truncate(Number(value) ** Number(exponent) + 0.5);
  const [a, b] = [toReal(value), toReal(exponent)];
  if (typeof a !== "number" || typeof b !== "number") return ERROR;
  // C says pow(1, NaN) and pow(-1, ±inf) are 1; JavaScript says NaN.
  if (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b))) return new Real(1);
  return new Real(a ** b);
};

/** Up to the next multiple of the second argument; of a list, to its first item that is large enough. */
const quantize: ClassAdFunction = (args, state) => {
  if (args.length !== 2) return ERROR;
  const value = state.evaluate(args[0]!);
  let base: Value = state.evaluate(args[1]!);
  const wanted = toReal(value);
  if (typeof wanted !== "number") return ERROR;
  let step = 0;
  if (base instanceof List) {
    const steps = base.items;
    base = new Real(0);
    for (const item of steps) {
      base = state.evaluate(item);
      const real = toReal(base);
      if (typeof real !== "number") return ERROR;
      step = real;
      if (step >= wanted) return base;
    }
  } else {
    const real = toReal(base);
    if (typeof real !== "number") return ERROR;
    step = real;
  }
  if (isInteger(base)) {
    if (base === 0) return value;
    if (isInteger(value)) return multiply(divide(subtract(add(value, base), 1), base) ?? 0, base);
    return new Real(Math.ceil(wanted / Number(base)) * Number(base));
  }
  if (step >= -1e-8 && step <= 1e-8) return value;
  return new Real(Math.ceil(wanted / step) * step);
};

/** random(), random(integer), random(real): below the argument, 1.0 if there is none. */
const random: ClassAdFunction = (args, state) => {
  if (args.length > 1) return ERROR;
  const below: Value = args.length === 0 ? new Real(1) : state.evaluate(args[0]!);
  if (isInteger(below)) {
    const limit = low32(below);
    return limit > 0 ? Math.floor(state.random() * limit) : ERROR;
  }
  return below instanceof Real && below.value > 0 ? new Real(state.random() * below.value) : ERROR;
};

const two = (value: number): string => String(Math.abs(value)).padStart(2, "0");

/** Seconds as `days+hh:mm:ss`, without the parts in front that are zero. */
const interval = ofOne((value) => {
  const whole = toInteger(value);
  if (whole === undefined || whole === ERROR) return ERROR;
  const total = low32(whole as number | bigint);
  const days = Math.trunc(total / 86400);
  const hours = Math.trunc((total % 86400) / 3600);
  const minutes = Math.trunc((total % 3600) / 60);
  const seconds = (total % 60) + 0;
  if (days !== 0) return `${days}+${two(hours)}:${two(minutes)}:${two(seconds)}`;
  if (hours !== 0) return `${hours}:${two(minutes)}:${two(seconds)}`;
  return minutes !== 0 ? `${minutes}:${two(seconds)}` : String(seconds);
});

export const mathFunctions: Record<string, ClassAdFunction> = {
  floor: rounded(Math.floor),
  ceil: rounded(Math.ceil),
  ceiling: rounded(Math.ceil),
  round: rounded(roundHalfEven),
  pow,
  quantize,
  random,
  interval,
};

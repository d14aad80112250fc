// Numbers as the benchmarks report them.

export interface Spread {
  median: number;
  least: number;
  most: number;
}

export const round = (value: number, digits = 3): number => Number(value.toPrecision(digits));

export function spread(values: readonly number[], digits = 3): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => round(sorted[index]!, digits);
  return { median: at(sorted.length >> 1), least: at(0), most: at(sorted.length - 1) };
}

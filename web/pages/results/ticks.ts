/** At most about `count` round numbers within a range: 1, 2 or 5 times a power of ten apart. */
export function ticksOf(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= raw) ?? 10);
  const ticks: number[] = [];
  // Multiplied, not added up: sums of tenths drift.
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++)
    ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

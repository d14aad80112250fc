/** A number to so many significant digits, without an exponent where that is readable: `4,021.3`, `0.00021`. */
export function significant(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(digits));
  const [whole = "", rest] =
    Math.abs(rounded) < 1e-6 || Math.abs(rounded) >= 1e15 ? [rounded.toExponential()] : String(rounded).split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${rest === undefined ? "" : `.${rest}`}`.replace("-", "−");
}

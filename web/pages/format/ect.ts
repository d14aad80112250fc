const WEI_DIGITS = 18;

/**
 * An amount of ECT for people: `1,234.5`. At most `decimals` places, rounded down so that nobody is shown money that is
 * not there; an amount too small for that reads `< 0.0001`.
 */
export function formatEct(wei: bigint, decimals = 4): string {
  const negative = wei < 0n;
  const amount = negative ? -wei : wei;
  const step = 10n ** BigInt(WEI_DIGITS - decimals);
  if (amount > 0n && amount < step) return `${negative ? "−" : ""}< ${(1 / 10 ** decimals).toFixed(decimals)}`;
  const shown = amount / step;
  const whole = (shown / 10n ** BigInt(decimals)).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = (shown % 10n ** BigInt(decimals)).toString().padStart(decimals, "0").replace(/0+$/, "");
  return `${negative ? "−" : ""}${whole}${rest && `.${rest}`}`;
}

/** The wei of a decimal amount as typed, `0.05` or `1,000`; undefined if it is no amount or has more than 18 places. */
export function parseEct(text: string): bigint | undefined {
  const match = /^(\d{1,20})(?:\.(\d{0,18}))?$/.exec(text.trim().replaceAll(",", ""));
  if (!match) return undefined;
  return BigInt(match[1]!) * 10n ** BigInt(WEI_DIGITS) + BigInt((match[2] ?? "").padEnd(WEI_DIGITS, "0"));
}

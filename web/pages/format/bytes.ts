const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** `950 bytes`, `1.2 kB`, `34 MB`: decimal units, as networks count. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let shown = bytes;
  // 999.5 would round to "1000 kB".
  while (shown >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    shown /= 1000;
    unit++;
  }
  const digits = unit > 0 && shown < 9.95 ? 1 : 0;
  return `${shown.toFixed(digits)} ${UNITS[unit]}`;
}

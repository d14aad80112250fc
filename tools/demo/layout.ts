// Text for a terminal of any width. Pure: the width comes in.

/** Lines of at most `columns`, broken between words; what follows the first is indented as it is, and two more. */
export function wrap(line: string, columns: number): string[] {
  const indent = /^ */.exec(line)![0];
  const lines: string[] = [];
  let current = indent;
  for (const word of line.trim().split(/ +/)) {
    const isEmpty = current.trim() === "";
    if (!isEmpty && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else current += isEmpty ? word : ` ${word}`;
  }
  return [...lines, current];
}

/** `done` of `total` and what there is to say, in one line that never reaches the right edge. */
export function progressBar(done: number, total: number, detail: string, columns: number): string {
  const text = `${done}/${total} ${detail}`;
  // Two for the indent, three for the brackets and a space, one that stays free, or the terminal begins a new line.
  const width = Math.min(40, columns - text.length - 6);
  if (width < 5) return `  ${text}`.slice(0, Math.max(0, columns - 1));
  const filled = Math.round((width * done) / total);
  return `  [${"█".repeat(filled)}${"·".repeat(width - filled)}] ${text}`;
}

/** Columns side by side; below each other, a line a cell, where they do not fit. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")}`.trimEnd();
  const side = [header, ...rows].map(line);
  if (side.every((text) => text.length <= columns)) return side;
  return rows.flatMap(([first, ...rest]) => [
    ...wrap(`  ${first}`, columns),
    ...rest.flatMap((cell, i) => wrap(`    ${header[i + 1]}: ${cell}`, columns)),
  ]);
}

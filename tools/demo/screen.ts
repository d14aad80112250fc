// What the demo shows in the terminal, on standard error: a progress bar that redraws itself, lines above it.
const BAR = 40;

export class Screen {
  readonly #quiet: boolean;
  readonly #redraws = Boolean(process.stderr.isTTY);
  #bar = "";

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  say(line = ""): void {
    if (this.#quiet) return;
    if (this.#bar && this.#redraws) process.stderr.write("\r\x1b[K");
    process.stderr.write(`${line}\n`);
    if (this.#bar && this.#redraws) process.stderr.write(this.#bar);
  }

  /** Without a terminal, a line every tenth. */
  progress(done: number, total: number, detail: string): void {
    if (this.#quiet) return;
    const filled = Math.round((BAR * done) / total);
    const bar = `  [${"█".repeat(filled)}${"·".repeat(BAR - filled)}] ${done}/${total} ${detail}`;
    if (this.#redraws) process.stderr.write(`\r\x1b[K${bar}`);
    else if (Math.floor((10 * done) / total) > Math.floor((10 * (done - 1)) / total)) process.stderr.write(`${bar}\n`);
    this.#bar = bar;
  }

  endProgress(): void {
    if (this.#bar && this.#redraws && !this.#quiet) process.stderr.write("\n");
    this.#bar = "";
  }

  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
    const line = (cells: readonly string[]) =>
      `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")}`.trimEnd();
    this.say(line(header));
    for (const row of rows) this.say(line(row));
  }
}

// What the demo shows in the terminal, on standard error: a progress bar that redraws itself, lines above it.
import { progressBar, table, wrap } from "./layout.ts";

export class Screen {
  readonly #quiet: boolean;
  readonly #redraws = Boolean(process.stderr.isTTY);
  #bar = "";

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  say(text = ""): void {
    this.#write(text.split("\n").flatMap((part) => wrap(part, this.#columns)));
  }

  /** Without a terminal, a line every tenth. */
  progress(done: number, total: number, detail: string): void {
    if (this.#quiet) return;
    const bar = progressBar(done, total, detail, this.#columns);
    if (this.#redraws) process.stderr.write(`\r\x1b[K${bar}`);
    else if (Math.floor((10 * done) / total) > Math.floor((10 * (done - 1)) / total)) process.stderr.write(`${bar}\n`);
    this.#bar = bar;
  }

  endProgress(): void {
    if (this.#bar && this.#redraws && !this.#quiet) process.stderr.write("\n");
    this.#bar = "";
  }

  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    this.#write(table(header, rows, this.#columns));
  }

  #write(lines: readonly string[]): void {
    if (this.#quiet) return;
    if (this.#bar && this.#redraws) process.stderr.write("\r\x1b[K");
    for (const line of lines) process.stderr.write(`${line}\n`);
    if (this.#bar && this.#redraws) process.stderr.write(this.#bar);
  }

  /** A pipe or a file has no edge. */
  get #columns(): number {
    return process.stderr.columns ?? Number.POSITIVE_INFINITY;
  }
}

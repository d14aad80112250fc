import { parseArgs } from "node:util";

export interface DemoOptions {
  /** End when the report is written, instead of serving the pages until Ctrl-C. */
  once: boolean;
  /** Print nothing but the report, on standard output. */
  json: boolean;
  /** Have a second pool lie, and a watchtower prove it. */
  cheat: boolean;
  port: string;
  out: string;
}

export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      cheat: { type: "boolean", default: false },
      port: { type: "string", default: "0" },
      out: { type: "string", default: "demo-out" },
    },
  });
  return values;
}

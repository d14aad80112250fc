import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type CommandTable, runCommand, UsageError } from "../../../client/cli/command.ts";

let loaded: string[] = [];
const entry = (name: string, run: (args: string[]) => number | undefined) => ({
  summary: `does ${name}`,
  load: async () => {
    loaded.push(name);
    return { command: { summary: `does ${name}`, usage: `superedge ${name} THING`, run } };
  },
});
const table: CommandTable = {
  good: entry("good", () => undefined),
  seven: entry("seven", () => 7),
  bad: entry("bad", () => {
    throw new Error("the thing\n  broke");
  }),
  picky: entry("picky", () => {
    throw new UsageError("expected a thing, found nothing");
  }),
};

async function call(...args: string[]) {
  loaded = [];
  let out = "";
  let err = "";
  const status = await runCommand(table, args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { status, out, err };
}

describe("the superedge command's frame", () => {
  it("loads only the command that is called", async () => {
    expect(await call("good")).toEqual({ status: 0, out: "", err: "" });
    expect(loaded).toEqual(["good"]);
  });

  it("lists commands without loading any", async () => {
    const { status, out } = await call("--help");
    expect(status).toBe(0);
    expect(out).toContain("  seven  does seven\n");
    expect(loaded).toEqual([]);
  });

  it("hands a command's status on", async () => {
    expect((await call("seven")).status).toBe(7);
  });

  it("prints a command's usage on --help, but not after --", async () => {
    expect((await call("bad", "--help")).out).toBe("superedge bad THING\n");
    expect((await call("bad", "--", "--help")).status).toBe(1);
  });

  it("ends with 2 on an unknown command, and says which there are", async () => {
    expect(await call("nonsense")).toEqual({
      status: 2,
      out: "",
      err: 'superedge: expected one of good, seven, bad, picky, found "nonsense"\n',
    });
    expect((await call("toString")).status).toBe(2);
  });

  it("prints a failure as one line and ends with 1", async () => {
    expect(await call("bad")).toEqual({ status: 1, out: "", err: "superedge: the thing broke\n" });
  });

  it("ends with 2 when a command was called wrongly", async () => {
    expect(await call("picky")).toEqual({ status: 2, out: "", err: "superedge: expected a thing, found nothing\n" });
  });

  it("starts from its launcher", async () => {
    const launcher = join(import.meta.dirname, "../../../tools/superedge.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, "--help"]);
    expect(stdout).toContain("superedge COMMAND");
  });
});

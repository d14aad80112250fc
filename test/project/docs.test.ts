import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorTable } from "../../protocol/errors.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("the docs", () => {
  it("list every error code with its status and meaning, and no other", () => {
    const rows = [...read("docs/errors.md").matchAll(/^\| `([a-z-]+)` +\| (\d+) +\| (.*?) +\|$/gm)];
    const listed = Object.fromEntries(
      rows.map(([, code, status, meaning]) => [code, { status: Number(status), meaning }]),
    );
    expect(listed).toEqual(errorTable);
  });

  it("name only files that exist", () => {
    const pages = ["README.md", "protocol/SPEC.md", ...readdirSync(join(root, "docs")).map((page) => `docs/${page}`)];
    const missing: string[] = [];
    for (const page of pages.filter((name) => name.endsWith(".md")))
      for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g))
        if (!existsSync(join(root, page, "..", target!))) missing.push(`${page}: ${target}`);
    expect(missing).toEqual([]);
  });

  it("README's tree names every top-level folder, and no other", () => {
    const tree = /## The tree\n\n```\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
    const named = [...tree.matchAll(/^([a-z]+)\/ /gm)].map((match) => match[1]);
    const ignored = new Set(["node_modules", "dist", "artifacts", "cache", "data", "demo-out", "coverage"]);
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !ignored.has(entry.name))
      .map((entry) => entry.name);
    expect(named.sort()).toEqual(folders.sort());
  });
});

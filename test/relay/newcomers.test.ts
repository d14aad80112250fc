import { expect, it } from "vitest";
import { Newcomers } from "../../relay/newcomers.ts";

const HOUR_MS = 3_600_000;

it("admits a thousand new keys of one address an hour, then none of it, and others still", () => {
  const newcomers = new Newcomers();
  for (let i = 0; i < 1000; i++) expect(newcomers.admit("203.0.113.7", i)).toBe(true);
  expect(newcomers.admit("203.0.113.7", 2000)).toBe(false);
  expect(newcomers.admit("203.0.113.8", 2000)).toBe(true);
  expect(newcomers.admit("203.0.113.7", 2000 + HOUR_MS)).toBe(true);
});

it("admits fifty thousand an hour of all addresses together", () => {
  const newcomers = new Newcomers();
  for (let i = 0; i < 50_000; i++) expect(newcomers.admit(`10.0.0.${i}`, 0)).toBe(true);
  expect(newcomers.admit("203.0.113.7", 1)).toBe(false);
});

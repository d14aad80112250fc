import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_RETURNS } from "./manifest.ts";

/** Columns that may hold the price, the better first: adjusted closes count dividends and splits as returns. */
const PRICE_COLUMNS = ["adjclose", "adj close", "adj_close", "close", "price", "value"];

/**
 * Daily prices from CSV with a header line: a column of `PRICE_COLUMNS`, and, if there is a `date` column of ISO dates,
 * they must ascend. Throws `bad-job` with the line.
 */
export function parsePrices(bytes: Uint8Array, what: string): Float64Array {
  const fail = (line: number, reason: string): never => {
    throw new SuperEdgeError("bad-job", `${what}, line ${line}: ${reason}`);
  };
  const [header = "", ...lines] = new TextDecoder()
    .decode(bytes)
    .trimEnd()
    .split(/\r\n|\n/);
  const names = header.split(",").map((name) => name.trim().replaceAll('"', "").toLowerCase());
  const column = PRICE_COLUMNS.map((name) => names.indexOf(name)).find((index) => index >= 0);
  if (column === undefined) return fail(1, `expected a column named ${PRICE_COLUMNS.join(" or ")}`);
  const dateColumn = names.indexOf("date");
  if (lines.length < 2) fail(1, "expected at least two days of prices");
  if (lines.length > MAX_RETURNS + 1) fail(MAX_RETURNS + 2, `expected at most ${MAX_RETURNS + 1} days of prices`);
  let before = "";
  return Float64Array.from(lines, (text, i) => {
    const cells = text.split(",").map((cell) => cell.trim().replaceAll('"', ""));
    const price = Number(cells[column] || Number.NaN);
    if (!(price > 0 && price < 1e12)) fail(i + 2, `expected a price, found ${JSON.stringify(cells[column] ?? "")}`);
    const date = dateColumn < 0 ? undefined : cells[dateColumn];
    if (date !== undefined && date <= before) fail(i + 2, `expected a date after ${before}, found ${date}`);
    before = date ?? "";
    return price;
  });
}

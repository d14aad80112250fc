import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventStreamParser, type ServerEvent } from "../../client/eventStream.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const read = (text: string, lastId?: string) => new EventStreamParser(lastId).push(utf8(text));

describe("a stream of server-sent events", () => {
  test("yields an event at the empty line, with its name, data and id", () => {
    expect(read('id: 7\nevent: certified\ndata: {"a":1}\n\n')).toEqual([
      { event: "certified", data: '{"a":1}', id: "7" },
    ]);
  });

  test("joins data lines with a newline and strips one leading space only", () => {
    expect(read("data:  a\ndata:b\n\n")).toEqual([{ event: "message", data: " a\nb", id: "" }]);
  });

  test("passes over comments, unknown fields, events without data, and what the end cuts off", () => {
    expect(read(": alive\nretry: 5\nevent: x\n\nnoise\ndata: never finished\n")).toEqual([]);
  });

  test("keeps the last id for events that bring none, beginning with where it was resumed", () => {
    expect(read("data: a\n\nid: 4\ndata: b\n\ndata: c\n\n", "3").map(({ id }) => id)).toEqual(["3", "4", "4"]);
  });

  test("reads the same events however its bytes are cut and whichever line ends it uses", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, ""));
    const event = fc.record({
      event: line.filter((name) => name !== ""),
      data: fc.array(line, { minLength: 1, maxLength: 3 }),
      id: line,
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
        (events, end, cuts) => {
          const text = events
            .map(({ event, data, id }) =>
              [`event: ${event}`, ...data.map((d) => `data: ${d}`), `id: ${id}`, "", ""].join(end),
            )
            .join("");
          const bytes = utf8(text);
          const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
          const parser = new EventStreamParser();
          const found: ServerEvent[] = edges
            .slice(1)
            .flatMap((edge, at) => parser.push(bytes.subarray(edges[at], edge)));
          expect(found).toEqual(events.map(({ event, data, id }) => ({ event, data: data.join("\n"), id })));
        },
      ),
    );
  });

  test("refuses an event that never ends", () => {
    const parser = new EventStreamParser();
    const part = utf8(`data: ${"x".repeat(300_000)}\n`);
    expect(() => {
      for (let i = 0; i < 10; i++) parser.push(part);
    }).toThrow(/expected an event of at most/);
    const oneLine = utf8("x".repeat(300_000));
    const other = new EventStreamParser();
    expect(() => {
      for (let i = 0; i < 10; i++) other.push(oneLine);
    }).toThrow(/expected an event of at most/);
  });
});

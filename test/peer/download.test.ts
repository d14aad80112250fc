import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChunkSet } from "../../web/peer/chunkSet.ts";
import { Download, type Source } from "../../web/peer/download.ts";
import { MAX_RELAY_FAILURES, MAX_WINDOW_CHUNKS, RELAY_WINDOW_CHUNKS } from "../../web/peer/limits.ts";

const COUNT = 20;
const first = () => 0;
const set = (...indices: number[]) => {
  const chunks = new ChunkSet(COUNT);
  for (const index of indices) chunks.add(index);
  return chunks;
};
const full = ChunkSet.full(COUNT);
const none = set();
const from = (download: Download, type: Source["type"]) =>
  download
    .next()
    .filter((ask) => ask.source.type === type)
    .map((ask) => ask.index);
const relay: Source = { type: "relay" };
const peer = (id: string): Source => ({ type: "peer", id });

describe("a download", () => {
  test("alone begins with one chunk of the relay and asks for more as they come", () => {
    const download = new Download(COUNT, Math.random);
    let [index] = from(download, "relay");
    expect(from(download, "relay")).toEqual([]);
    for (let served = 1; served < RELAY_WINDOW_CHUNKS; served++) {
      download.took(relay, index!, false);
      const asked = from(download, "relay");
      expect(asked).toHaveLength(served === 1 ? 2 : 2);
      [index] = asked;
    }
  });

  test("asks the relay for nothing that a peer has", () => {
    const download = new Download(COUNT, Math.random);
    download.heard("a", full, none);
    expect(from(download, "relay")).toEqual([]);
  });

  test("asks the relay for what no peer has or is fetching, one at a time", () => {
    const download = new Download(COUNT, Math.random);
    const mine = set(...Array.from({ length: COUNT }, (_, at) => at).filter((at) => at !== 3 && at !== 4));
    download.heard("a", mine, set(3));
    expect(from(download, "relay")).toEqual([4]);
    expect(from(download, "relay")).toEqual([]);
  });

  test("asks a peer for two chunks, and for one more with each that it serves", () => {
    const download = new Download(COUNT, first);
    download.heard("a", full, none);
    const asked = from(download, "peer");
    expect(asked).toHaveLength(2);
    for (let served = 1; served < 12; served++) {
      const index = asked.shift()!;
      download.arrived("a", index);
      download.took(peer("a"), index, false);
      asked.push(...from(download, "peer"));
      expect(asked).toHaveLength(Math.min(MAX_WINDOW_CHUNKS, 2 + served, COUNT - served));
    }
  });

  test("asks for the rarest chunk first", () => {
    const download = new Download(COUNT, Math.random);
    download.heard("a", set(1, 2, 3, 4, 5, 6, 7), none);
    download.heard("b", set(1, 2, 3, 4, 5, 6), none);
    const ofA = download.next().filter(({ source }) => source.type === "peer" && source.id === "a");
    expect(ofA[0]?.index).toBe(7);
  });

  test("spares the relay while peers are looked up or reached, until patience is lost", () => {
    const download = new Download(COUNT, Math.random);
    download.searching();
    expect(download.next()).toEqual([]);
    download.expect("a");
    download.searched();
    expect(download.next()).toEqual([]);
    expect(download.isHoldingBack).toBe(true);
    download.losePatience();
    expect(from(download, "relay")).toHaveLength(1);
    expect(download.isHoldingBack).toBe(false);
  });

  test("waits for what a peer is fetching, until patience is lost", () => {
    const download = new Download(COUNT, Math.random);
    download.heard("a", none, full);
    expect(download.next()).toEqual([]);
    expect(download.isHoldingBack).toBe(true);
    download.losePatience();
    expect(from(download, "relay")).toHaveLength(1);
  });

  test("turns to the relay as well for what only a slow or refusing peer has", () => {
    const download = new Download(COUNT, Math.random);
    download.heard("a", full, none);
    const [one, two] = from(download, "peer");
    download.arrived("a", one!);
    download.took(peer("a"), one!, true);
    expect(from(download, "relay")).toHaveLength(1);
    download.lacked("a", two!);
    expect(from(download, "peer")).toEqual([]);
    download.heard("a", full, none);
    expect(from(download, "peer").length).toBeGreaterThan(0);
  });

  test("asks elsewhere for what a lost peer had not sent", () => {
    const download = new Download(COUNT, Math.random);
    download.heard("a", set(1, 2), none);
    expect(from(download, "peer").toSorted()).toEqual([1, 2]);
    download.lost("a");
    download.heard("b", set(1, 2), none);
    expect(from(download, "peer").toSorted()).toEqual([1, 2]);
  });

  test("does not ask twice for a chunk that has come and is being verified, even if its peer is lost", () => {
    const download = new Download(COUNT, Math.random);
    download.heard("a", set(1), none);
    download.next();
    download.arrived("a", 1);
    download.lost("a");
    download.heard("b", set(1), none);
    expect(from(download, "peer")).toEqual([]);
    download.failed(peer("a"), 1);
    expect(from(download, "peer")).toEqual([1]);
  });

  test("is stuck when the relay fails again and again and no peer has the rest", () => {
    const download = new Download(COUNT, Math.random);
    for (let failures = 0; failures < MAX_RELAY_FAILURES; failures++) {
      expect(download.isStuck).toBe(false);
      const [index] = from(download, "relay");
      download.failed(relay, index!);
    }
    expect(download.next()).toEqual([]);
    expect(download.isStuck).toBe(true);
    download.expect("a");
    expect(download.isStuck).toBe(false);
    download.heard("a", none, none);
    expect(download.isStuck).toBe(true);
    download.heard("a", full, none);
    expect(download.isStuck).toBe(false);
  });

  test("never asks for a chunk that is held or asked, and ends, whatever peers do", () => {
    const event = fc.record({
      kind: fc.constantFrom("hear", "lose", "expect", "deliver", "lie", "lack", "relay", "relayFails"),
      id: fc.constantFrom("a", "b", "c"),
      chunks: fc.uint8Array({ minLength: 3, maxLength: 3 }).map((bits) => [bits[0]!, bits[1]!, bits[2]! & 0x0f]),
      pick: fc.nat(1000),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (events, random) => {
          const download = new Download(COUNT, () => random.next().value);
          const open = new Map<number, Source>();
          const ask = () => {
            for (const { source, index } of download.next()) {
              expect(open.has(index)).toBe(false);
              expect(download.held.has(index)).toBe(false);
              open.set(index, source);
            }
            expect([...open.values()].filter(({ type }) => type === "relay").length).toBeLessThanOrEqual(
              RELAY_WINDOW_CHUNKS,
            );
          };
          const some = (pick: number, want: (source: Source) => boolean) => {
            const found = [...open].filter(([, source]) => want(source));
            return found[pick % Math.max(1, found.length)];
          };
          const ofPeer = (id: string) => (source: Source) => source.type === "peer" && source.id === id;
          const ofRelay = ({ type }: Source) => type === "relay";
          for (const { kind, id, chunks, pick } of events) {
            if (kind === "hear") download.heard(id, ChunkSet.fromBits(COUNT, Uint8Array.from(chunks)), none);
            if (kind === "expect") download.expect(id);
            if (kind === "lose") {
              download.lost(id);
              for (const [index, source] of [...open]) if (ofPeer(id)(source)) open.delete(index);
            }
            const [index, source] = some(pick, kind.startsWith("relay") ? ofRelay : ofPeer(id)) ?? [];
            if (index === undefined || !source) {
              ask();
              continue;
            }
            if (kind === "deliver" || kind === "lie") download.arrived(id, index);
            if (kind === "deliver" || kind === "relay") download.took(source, index, pick % 2 === 0);
            if (kind === "lie" || kind === "relayFails") download.failed(source, index);
            if (kind === "lack") download.lacked(id, index);
            if (!["hear", "lose", "expect"].includes(kind)) open.delete(index);
            ask();
          }
          // Then everybody behaves: patience ends, peers go, the relay answers.
          download.losePatience();
          for (const id of ["a", "b", "c"]) {
            download.lost(id);
            for (const [index, source] of [...open]) if (ofPeer(id)(source)) open.delete(index);
          }
          for (let turns = 0; !download.held.isFull && !download.isStuck; turns++) {
            expect(turns).toBeLessThan(2 * COUNT);
            ask();
            for (const [index, source] of [...open]) {
              download.took(source, index, false);
              open.delete(index);
            }
          }
        },
      ),
    );
  });
});

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BlobTree } from "../../protocol/cid.ts";
import type { Cid } from "../../protocol/ids.ts";
import { ChunkSet } from "../../web/peer/chunkSet.ts";
import { HeldBlobs } from "../../web/peer/held.ts";
import { BUFFERED_HIGH_BYTES, PIECE_BYTES } from "../../web/peer/limits.ts";
import { Rate } from "../../web/peer/rate.ts";
import { type Outlet, Uploads } from "../../web/peer/uploads.ts";
import { PIECE_HEADER_BYTES, parse } from "../../web/peer/wire.ts";

describe("a rate", () => {
  test("lets no more through than the burst and what has filled since, whatever is asked", () => {
    const spend = fc.record({ bytes: fc.integer({ min: 1, max: 1000 }), waitMs: fc.integer({ min: 0, max: 300 }) });
    fc.assert(
      fc.property(fc.array(spend), (spends) => {
        const rate = new Rate(2000, 1000, 0);
        let [now, sum] = [0, 0];
        for (const { bytes, waitMs } of spends) {
          now += waitMs;
          if (rate.take(bytes, now) === 0) sum += bytes;
          expect(sum).toBeLessThanOrEqual(1000 + now * 2 + 1e-6);
        }
      }),
    );
  });

  test("says exactly how long to wait", () => {
    const rate = new Rate(2000, 1000, 0);
    expect(rate.take(1000, 0)).toBe(0);
    expect(rate.take(500, 0)).toBe(250);
    expect(rate.take(500, 249)).toBe(1);
    expect(rate.take(500, 250)).toBe(0);
  });

  test("without a bound lets everything through", () => {
    const rate = new Rate(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0);
    expect([rate.take(1e12, 0), rate.take(1e12, 0)]).toEqual([0, 0]);
  });
});

describe("held blobs", () => {
  const blob = (name: string, bytes: number) => ({
    tree: { cid: name as Cid, bytes, leaves: [] } satisfies BlobTree,
    bytes: new Uint8Array(bytes),
  });

  test("stay within their bound, the least recently used going first", () => {
    const held = new HeldBlobs(100);
    for (const name of ["a", "b", "c"]) held.put(blob(name, 30));
    held.get("a" as Cid);
    held.put(blob("d", 40));
    expect(held.cids).toEqual(["c", "a", "d"]);
    expect(held.bytes).toBe(100);
  });

  test("do not give way to one that is larger than all of them may be", () => {
    const held = new HeldBlobs(100);
    held.put(blob("a", 100));
    held.put(blob("b", 101));
    expect(held.cids).toEqual(["a"]);
  });

  test("count a blob once", () => {
    const held = new HeldBlobs(100);
    held.put(blob("a", 60));
    held.put(blob("a", 60));
    expect(held.bytes).toBe(60);
  });
});

describe("a set of chunks", () => {
  test("comes back from its bits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70 }), fc.array(fc.nat(69)), (count, indices) => {
        const set = new ChunkSet(count);
        for (const index of indices) if (index < count) set.add(index);
        const back = ChunkSet.fromBits(count, set.toBits());
        expect(back.toBits()).toEqual(set.toBits());
        expect(back.size).toBe(new Set(indices.filter((index) => index < count)).size);
        expect(ChunkSet.full(count).isFull).toBe(true);
      }),
    );
  });
});

describe("uploads", () => {
  const cid = "blob" as Cid;
  const chunk = new Uint8Array(4 * PIECE_BYTES).map((_, at) => at);
  class Sink implements Outlet {
    bufferedBytes = 0;
    maxMessageBytes = 256 * 1024;
    sent: Uint8Array[] = [];
    send(bytes: Uint8Array) {
      this.sent.push(bytes.slice());
      this.bufferedBytes += bytes.length;
    }
    drain() {
      this.bufferedBytes = 0;
    }
  }
  const start = (limits: { uploads: number; uploadBytesPerSecond: number }) => {
    let bytes = 0;
    const uploads = new Uploads(limits, {
      chunkOf: () => chunk,
      sent: (count) => {
        bytes += count;
      },
      free: () => {},
    });
    return { uploads, sum: () => bytes };
  };
  const unbounded = { uploads: 8, uploadBytesPerSecond: Number.POSITIVE_INFINITY };

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("stop when the channel holds enough and go on when it has drained, without a timer", () => {
    const { uploads, sum } = start(unbounded);
    const sink = new Sink();
    for (let request = 0; request < 8; request++) uploads.want(sink, request, cid, 0);
    expect(sink.bufferedBytes).toBeGreaterThanOrEqual(BUFFERED_HIGH_BYTES);
    expect(sink.bufferedBytes).toBeLessThan(BUFFERED_HIGH_BYTES + PIECE_BYTES + PIECE_HEADER_BYTES);
    for (let turns = 0; sum() < 8 * chunk.length; turns++) {
      expect(turns).toBeLessThan(8);
      sink.drain();
      uploads.drained();
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("send no message larger than the other end takes", () => {
    const { uploads, sum } = start(unbounded);
    const sink = new Sink();
    sink.maxMessageBytes = 16 * 1024;
    uploads.want(sink, 0, cid, 0);
    expect(sum()).toBe(chunk.length);
    expect(Math.max(...sink.sent.map((message) => message.length))).toBe(16 * 1024);
    const pieces = sink.sent
      .map((message) => parse(message))
      .flatMap((its) => (its.type === "piece" ? [...its.bytes] : []));
    expect(Uint8Array.from(pieces)).toEqual(chunk);
  });

  test("serve several peers in turns, a piece each", () => {
    const { uploads } = start({ uploads: 8, uploadBytesPerSecond: PIECE_BYTES });
    const [one, two] = [new Sink(), new Sink()];
    uploads.want(one, 0, cid, 0);
    uploads.want(two, 0, cid, 0);
    vi.advanceTimersByTime(4001);
    expect([one.sent.length, two.sent.length]).toEqual([3, 2]);
  });

  test("keep the volunteer's rate", () => {
    const { uploads, sum } = start({ uploads: 8, uploadBytesPerSecond: 2 * PIECE_BYTES });
    uploads.want(new Sink(), 0, cid, 0);
    expect(sum()).toBe(2 * PIECE_BYTES);
    vi.advanceTimersByTime(501);
    expect(sum()).toBe(3 * PIECE_BYTES);
    vi.advanceTimersByTime(501);
    expect(sum()).toBe(4 * PIECE_BYTES);
    expect(vi.getTimerCount()).toBe(0);
  });
});

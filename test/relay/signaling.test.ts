import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Cid } from "../../protocol/ids.ts";
import type { RelayMessage } from "../../protocol/messages.ts";
import { Signaling } from "../../relay/signaling.ts";

const blob = (n: number) => `blob ${n}` as Cid;

describe("the tracker", () => {
  let here: Set<string>;
  let sent: [string, RelayMessage][];
  let signaling: Signaling;
  /** What the tracker has answered so far; undefined while it has not. */
  const find = (session: string, cid: Cid): string[] | undefined => {
    let found: string[] | undefined;
    signaling.find(session, cid, (peers) => {
      found = peers;
    });
    return found;
  };
  beforeEach(() => {
    here = new Set(["ann", "bob"]);
    sent = [];
    signaling = new Signaling((session, message) => here.has(session) && sent.push([session, message]) > 0);
  });

  it("names who has a blob, not the one who asks", () => {
    signaling.have("ann", blob(1));
    signaling.have("bob", blob(1));
    expect(find("ann", blob(1))).toEqual(["bob"]);
    expect(find("cy", blob(1))).toEqual(["bob", "ann"]);
    expect(find("cy", blob(2))).toEqual([]);
  });

  it("[X1] names at most eight, the newest first", () => {
    for (let i = 0; i < 20; i++) signaling.have(`peer ${i}`, blob(1));
    expect(find("ann", blob(1))).toEqual(Array.from({ length: 8 }, (_, i) => `peer ${19 - i}`));
  });

  it("lets one fetch what nobody has, and answers the others once it has something to give", () => {
    const answers: Record<string, string[]> = {};
    for (const session of ["ann", "bob", "cy"])
      signaling.find(session, blob(1), (peers) => {
        answers[session] = peers;
      });
    expect(answers).toEqual({ ann: [] });
    signaling.have("ann", blob(1));
    expect(answers).toEqual({ ann: [], bob: ["ann"], cy: ["ann"] });
  });

  it("keeps nobody waiting for more than a second for one that never has it", () => {
    vi.useFakeTimers();
    const answers: string[][] = [];
    for (const session of ["ann", "bob"]) signaling.find(session, blob(1), (peers) => answers.push(peers));
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    expect(answers).toEqual([[], []]);
  });

  it("drops nobody who waits because too many do", () => {
    const answered = new Set<string>();
    for (let n = 0; n < 1100; n++) signaling.find(`peer ${n}`, blob(1), () => answered.add(`peer ${n}`));
    signaling.have("peer 0", blob(1));
    expect(answered.size).toBe(1100);
  });

  it("forgets who has left", () => {
    signaling.have("ann", blob(1));
    signaling.leave("ann");
    signaling.leave("never here");
    expect(find("bob", blob(1))).toEqual([]);
  });

  it("passes a signal on with its sender's name, and refuses one to nobody or to oneself", () => {
    signaling.signal("ann", "bob", "offer");
    expect(sent).toEqual([["bob", { type: "signal", from: "ann", data: "offer" }]]);
    for (const to of ["cy", "ann"]) expect(() => signaling.signal("ann", to, "offer")).toThrow(/there is no session/);
  });

  it("remembers 256 blobs of a session, and says so to one that has more; the same again is no more", () => {
    for (let n = 0; n < 256; n++) signaling.have("ann", blob(n));
    signaling.have("ann", blob(0));
    expect(() => signaling.have("ann", blob(256))).toThrow(/at most 256/);
    expect(find("bob", blob(256))).toEqual([]);
  });
});

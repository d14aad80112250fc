// What a volunteer shows of an output, and what the relay takes for it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, leafCount } from "../../protocol/digest.ts";
import { type DigestNode, DigestTree, nodesAt, rootLevel } from "../../protocol/digestProof.ts";
import { type Address, type Bytes32, fromHex, type TaskKey } from "../../protocol/ids.ts";
import type { RelayMessage, VolunteerMessage } from "../../protocol/messages.ts";
import { packMessage, parseRelayMessage, parseVolunteerMessage } from "../../protocol/parse.ts";
import { Showing } from "../../relay/showing.ts";
import { shownOf } from "../../web/volunteer/shown.ts";
import { patternBytes } from "../vectors/pattern.ts";

type Show = Extract<RelayMessage, { type: "show" }>;
type Shown = Extract<VolunteerMessage, { type: "shown" }>;

const ann = `0x${"a1".repeat(20)}` as Address;
const bob = `0x${"b0".repeat(20)}` as Address;
const key = `0x${"11".repeat(32)}` as TaskKey;
const ITEM_BYTES = 8;
const output = patternBytes(100_000);
const digest = digestOf(output, ITEM_BYTES);

/** Over the wire and back, as the relay would get it. */
function answer(question: Pick<Show, "level" | "indices">, of = output): Shown | undefined {
  const asked = parseRelayMessage(packMessage({ type: "show", key: fromHex(key), ...question })) as Show;
  const shown = shownOf(new DigestTree(of, ITEM_BYTES), asked);
  return shown && (parseVolunteerMessage(packMessage(shown)) as Shown);
}

function ask(
  showing: Showing,
  change: { level?: number; indices?: number[]; digest?: () => Bytes32 | undefined } = {},
) {
  const answers: (DigestNode[] | undefined)[] = [];
  const shape = { outputBytes: output.length, itemBytes: ITEM_BYTES };
  const question = { worker: ann, key, level: 0, indices: [3, 7], shape, digest: () => digest, ...change };
  showing.ask({ ...question, answered: (nodes) => answers.push(nodes) });
  return answers;
}

/** Nobody hears its questions; its clock stands until `nowMs` is changed. */
const clock = { nowMs: 0 };
const newShowing = () => {
  clock.nowMs = 0;
  return new Showing(
    () => {},
    () => clock.nowMs,
  );
};

const refusing = (code: string) => expect.objectContaining({ code });

describe("[W12] nodes of an output", () => {
  it("are taken as the volunteer's own code shows them, at any level", () => {
    const leaves = leafCount(output.length, ITEM_BYTES);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: rootLevel(leaves) }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 16 }),
        (level, places) => {
          const indices = places.map((place) => place % nodesAt(leaves, level));
          const showing = newShowing();
          const answers = ask(showing, { level, indices });
          showing.receive(ann, answer({ level, indices })!);
          expect(answers).toHaveLength(1);
          expect(answers[0]!.map(({ index }) => index)).toEqual(indices);
          if (level === 0)
            for (const { index, bytes } of answers[0]!)
              expect(new Uint8Array(bytes)).toEqual(output.slice(4096 * index, 4096 * (index + 1)));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("are not shown if the output has none of them", () => {
    expect(answer({ level: 0, indices: [3, 25] })).toBe(undefined);
    expect(answer({ level: 9, indices: [0] })).toBe(undefined);
  });

  it("of another output are refused, and the question stays open for the right ones", () => {
    const showing = newShowing();
    const answers = ask(showing);
    expect(() =>
      showing.receive(ann, answer({ level: 0, indices: [3, 7] }, patternBytes(100_008).subarray(8))!),
    ).toThrow(refusing("bad-output"));
    expect(answers).toEqual([]);
    showing.receive(ann, answer({ level: 0, indices: [3, 7] })!);
    expect(answers[0]).toHaveLength(2);
  });

  it.each([
    ["other leaves than were asked for", { level: 0, indices: [3, 8] }],
    ["fewer leaves", { level: 0, indices: [3] }],
    ["the same leaves in another order", { level: 0, indices: [7, 3] }],
    ["nodes of another level", { level: 1, indices: [3, 7] }],
  ])("are refused: %s", (_, shown) => {
    const showing = newShowing();
    const answers = ask(showing);
    expect(() => showing.receive(ann, answer(shown)!)).toThrow(refusing("bad-output"));
    expect(answers).toEqual([]);
  });

  it("are refused from whom they were not asked of, twice, and before the digest is revealed", () => {
    const showing = newShowing();
    const shown = answer({ level: 0, indices: [3, 7] })!;
    let revealed: Bytes32 | undefined;
    ask(showing, { digest: () => revealed });
    expect(() => showing.receive(bob, shown)).toThrow(refusing("not-yours"));
    expect(() => showing.receive(ann, shown)).toThrow(refusing("out-of-order"));
    revealed = digest;
    showing.receive(ann, shown);
    expect(() => showing.receive(ann, shown)).toThrow(refusing("not-yours"));
  });

  it("that do not come within 15 s are given up; a new question takes the old one's place", () => {
    const showing = newShowing();
    const first = ask(showing);
    const second = ask(showing, { indices: [1] });
    expect([first, second]).toEqual([[undefined], []]);
    clock.nowMs = 14_999;
    showing.tick();
    expect(second).toEqual([]);
    clock.nowMs = 15_000;
    showing.tick();
    showing.tick();
    expect(second).toEqual([undefined]);
    expect(() => showing.receive(ann, answer({ level: 0, indices: [1] })!)).toThrow(refusing("not-yours"));
  });
});

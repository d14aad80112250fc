import { expect, it } from "vitest";
import { type Address, toCid } from "../../protocol/ids.ts";
import type { VolunteerMessage } from "../../protocol/messages.ts";
import { Work, type WorkPorts } from "../../web/volunteer/work.ts";

it("a lease that was asked for before a pause and comes after it is handed back at once", () => {
  const sent: VolunteerMessage[] = [];
  let paused = false;
  const refuse = () => Promise.reject(new Error("nothing is to be loaded or run"));
  const ports = {
    identity: { address: `0x${"11".repeat(20)}` as Address, key: new Uint8Array(32).fill(1), kept: false },
    send: (message: VolunteerMessage) => void sent.push(message),
    fetch: refuse,
    run: refuse,
    upload: refuse,
    paused: () => paused,
    changed: () => {},
  } as WorkPorts;
  const work = new Work(ports);
  work.greeted({ sequence: 1 } as Parameters<Work["greeted"]>[0]);
  expect(sent.map(({ type }) => type)).toEqual(["ready"]);
  paused = true;
  work.handBack();
  const key = new Uint8Array(32).fill(7);
  work.receive({
    type: "lease",
    app: toCid("bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"),
    params: {},
    inputs: [],
    tasks: [{ key, first: 0, count: 1 }],
    deadlineMs: 60_000,
    rewardWei: "1",
  });
  expect(sent.slice(1)).toEqual([{ type: "handBack", keys: key }]);
});

import type { Phase } from "../../volunteer/state.ts";

/** What a phase means, in plain words: a heading, and what the volunteer may want to know. */
export function phaseWords(phase: Phase, reason: string): { title: string; text: string } {
  switch (phase) {
    case "asking":
      return { title: "Ready when you are", text: reason || "Nothing runs until you press the button." };
    case "connecting":
      return { title: "Connecting", text: reason || "Reaching the pool and checking what this machine can run." };
    case "waiting":
      return {
        title: "Waiting for work",
        text:
          reason || "Connected. The pool has nothing for this machine right now; a task starts by itself when it has.",
      };
    case "working":
      return { title: "Computing", text: reason || "Keep this tab open. You can go on using the machine." };
    case "paused":
      return { title: "Paused", text: reason || "Nothing runs and nothing is fetched until you resume." };
    case "refused":
      return {
        title: "No more work from this pool",
        text: reason || "This pool gives this browser no more work. What was certified before stays yours.",
      };
    case "stopped":
      return { title: "Stopped", text: reason || "Nothing runs. What was certified stays yours." };
  }
}

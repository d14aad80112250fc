// One working tab a browser: a second one would share the key, and with it the limits the volunteer set.
import { SuperEdgeError } from "../../protocol/errors.ts";

/** Resolves to what frees the place. Throws `too-many` if another tab works. */
export async function oneTab(): Promise<() => void> {
  // Plain http on a network address has no Web Locks; the relay then lets the newest tab win.
  if (!navigator.locks) return () => {};
  return new Promise((resolve, reject) => {
    void navigator.locks.request("superedge-volunteer", { ifAvailable: true }, (lock) => {
      if (!lock) {
        reject(new SuperEdgeError("too-many", "Another tab of this browser is working already; one is enough."));
        return;
      }
      return new Promise<void>((release) => resolve(release));
    });
  });
}

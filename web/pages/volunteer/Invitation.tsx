import { useEffect, useRef } from "preact/hooks";
import { Limits } from "./Limits.tsx";
import { PeersSwitch } from "./PeersSwitch.tsx";
import { PoolNow } from "./PoolNow.tsx";
import { type Hold, start } from "./session.ts";
import { WebGpuAdvice } from "./WebGpuAdvice.tsx";

/** Before anything runs: what pressing the button means, and the button. */
export function Invitation({ hold }: { hold: Hold }) {
  const loading = hold.state === "loading";
  return (
    <div class="invitation">
      <section class="ask" aria-labelledby="ask-title">
        <h1 id="ask-title">Lend this tab’s spare power to a shared computation.</h1>
        <button type="button" class="primary big" onClick={start} disabled={loading} aria-describedby="consent">
          <span class="big-cells" aria-hidden="true">
            {Array.from({ length: 9 }, (_, cell) => (
              <i key={cell} />
            ))}
          </span>
          {loading ? "Loading…" : "Start computing"}
        </button>
        <div id="consent" class="consent">
          <p>
            Pressing it runs programs written by others on this machine’s graphics and main processor, in a sandbox that
            has no network and sees neither your files nor your other tabs. They run while this tab is open, within the
            limits you set, until you pause or stop them. The pool is told what kind of machine this is: its processors
            and memory, its graphics card and how fast it computes, its connection’s speed, and whether it runs on
            battery.
          </p>
        </div>
        <PeersSwitch />
        <details class="limits-box">
          <summary>Limits</summary>
          <Limits />
        </details>
        {hold.state === "failed" && <StartFailed why={hold.why} />}
      </section>
      <aside class="aside">
        <PoolNow />
        <HowResultsCount />
        <WebGpuAdvice />
      </aside>
    </div>
  );
}

function HowResultsCount() {
  return (
    <section class="panel how" aria-labelledby="how-title">
      <h2 id="how-title">How a result comes to count</h2>
      <ol>
        <li>Your tab gets a task and computes it. It does not know who else has the same one.</li>
        <li>It seals its answer with a signature before anyone shows theirs.</li>
        <li>Agreeing answers from different owners certify the task, and those who gave them share its price.</li>
      </ol>
    </section>
  );
}

function StartFailed({ why }: { why: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    <div class="notice wrong" role="alert" ref={box}>
      <p>
        It could not start: {why}. Nothing runs. Press the button to try again; if that fails too, the pool may be
        restarting.
      </p>
    </div>
  );
}

import { useEffect, useState } from "preact/hooks";
import type { Phase, VolunteerState } from "../../volunteer/state.ts";
import { counted, formatCount } from "../format/count.ts";
import { formatDuration } from "../format/duration.ts";
import { phaseWords } from "./phaseWords.ts";
import { settings, type VolunteerSession } from "./session.ts";

export function StatusPlate({ session, state }: { session: VolunteerSession; state: VolunteerState }) {
  const { title, text } = phaseWords(state.phase, state.reason);
  return (
    <section class={`panel plate ${state.phase}`} aria-labelledby="status-title">
      <span class="pulse" aria-hidden="true" />
      <div class="plate-words" role="status">
        <h2 id="status-title">{title}</h2>
        <p>{text}</p>
      </div>
      {state.phase === "working" && state.current && <Current current={state.current} />}
      <div class="plate-buttons">
        <Buttons session={session} phase={state.phase} />
      </div>
    </section>
  );
}

function Current({ current }: { current: NonNullable<VolunteerState["current"]> }) {
  const elapsedMs = useElapsed(current.startedMs);
  const last = current.first + current.count - 1;
  return (
    <p class="current">
      <strong>{current.title}</strong>
      <span class="soft">
        {counted(current.count, "item")}
        {current.count > 1 && ` (${formatCount(current.first)}–${formatCount(last)})`} · {engineName(current.engine)} ·{" "}
        <span class="number">{formatDuration(elapsedMs)}</span>
      </span>
    </p>
  );
}

const engineName = (engine: string) => (engine === "wgsl" ? "WebGPU" : engine === "wasm" ? "WebAssembly" : engine);

/** Shown time only; it stops with the tab's timers and nothing depends on it. */
function useElapsed(startedMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, nowMs - startedMs);
}

function Buttons({ session, phase }: { session: VolunteerSession; phase: Phase }) {
  switch (phase) {
    case "connecting":
    case "waiting":
    case "working":
      return (
        <>
          <button type="button" class="primary" onClick={() => session.pause()}>
            Pause
          </button>
          <button type="button" onClick={() => session.stop()}>
            Stop
          </button>
        </>
      );
    case "paused":
      return (
        <>
          <button type="button" class="primary" onClick={() => session.resume()}>
            Resume
          </button>
          <button type="button" onClick={() => session.stop()}>
            Stop
          </button>
        </>
      );
    case "stopped":
    case "asking":
      return (
        <button type="button" class="primary" onClick={() => session.start(settings.value)}>
          Start again
        </button>
      );
    case "refused":
      return (
        <button type="button" onClick={() => session.stop()}>
          Stop
        </button>
      );
  }
}

// The volunteer: everything behind the page's one button. Loaded when it is pressed, not before.
import { type Signal, signal } from "@preact/signals";
import type { Ad } from "../../protocol/ads.ts";
import type { Cid } from "../../protocol/ids.ts";
import { Swarm } from "../peer/swarm.ts";
import { Governor } from "./governor.ts";
import { openIdentity } from "./identity.ts";
import { machineFacts } from "./machine.ts";
import { Measurement, recallMeasured } from "./measurement.ts";
import { oneTab } from "./oneTab.ts";
import { fetchPool, relayOrigin, uploadOutput } from "./relayHttp.ts";
import { RelaySocket } from "./relaySocket.ts";
import { SandboxHost } from "./sandboxHost.ts";
import { SocketTracker } from "./socketTracker.ts";
import { defaultSettings, type Phase, type Settings, type VolunteerState } from "./state.ts";
import { Work, type WorkChange } from "./work.ts";

/** Samples kept for the chart: ten minutes. */
const MAX_SAMPLES = 600;
const SAMPLE_MS = 1000;

export interface Volunteer {
  readonly state: Signal<VolunteerState>;
  /** The visible yes: consent is signed and work begins. */
  start(settings: Settings): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): void;
  configure(settings: Settings): void;
}

const nothing: VolunteerState = {
  phase: "asking",
  reason: "",
  address: "",
  engines: { wgsl: false, wasm: false, adapter: "", why: "" },
  measured: {},
  tasks: { computed: 0, certified: 0, rejected: 0, lapsed: 0, pending: 0 },
  earnedWei: 0n,
  peers: { connected: 0, bytesFromPeers: 0, bytesToPeers: 0, bytesFromRelay: 0 },
  samples: [],
  notice: "",
};

/** `relay`: origin of the relay's API, the page's own unless told. */
export function createVolunteer(relay = location.origin): Volunteer {
  const state = signal(nothing);
  let parts: Awaited<ReturnType<typeof open>> | undefined;
  let starting = false;
  const update = (change: Partial<VolunteerState>) => {
    state.value = { ...state.value, ...change };
  };
  return {
    state,
    async start(settings) {
      if (parts || starting) return;
      starting = true;
      try {
        update({ phase: "connecting", reason: "" });
        parts = await open(relay, settings, state, update);
      } catch (error) {
        update({ phase: "stopped", reason: (error as Error).message });
      } finally {
        starting = false;
      }
    },
    pause: () => parts?.governor.setPaused(true),
    resume: () => parts?.governor.setPaused(false),
    stop() {
      parts?.close();
      parts = undefined;
      update({ phase: "stopped", reason: "", current: undefined });
    },
    configure: (settings) => parts?.governor.configure(settings),
  };
}

async function open(
  relay: string,
  settings: Settings,
  state: Signal<VolunteerState>,
  update: (change: Partial<VolunteerState>) => void,
) {
  const release = await oneTab();
  try {
    return await openParts(relay, { ...defaultSettings, ...settings }, state, update, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function openParts(
  relay: string,
  settings: Settings,
  state: Signal<VolunteerState>,
  update: (change: Partial<VolunteerState>) => void,
  release: () => void,
) {
  const [identity, pool, kept] = await Promise.all([openIdentity(), fetchPool(relay), recallMeasured()]);
  update({ address: identity.address });
  const sandbox = await SandboxHost.open(pool.sandboxOrigin);
  const { engines, adapter, why } = await sandbox.probe();
  const name = adapter ? `${adapter.vendor} ${adapter.architecture}${adapter.isFallback ? " (software)" : ""}` : "";
  const gpuName = name.trim();
  update({ engines: { wgsl: engines.includes("wgsl"), wasm: engines.includes("wasm"), adapter: gpuName, why } });

  let busyMs = 0;
  let sampledTasks = 0;
  let startedMs = 0;
  let idleReason = "";

  const tracker = new SocketTracker((message) => socket.send(message));
  const swarm = new Swarm({ tracker, origin: relayOrigin(relay), peers: settings.peers ? "on" : "off" });
  const governor = new Governor(settings, () => onGovernor());
  const work = new Work({
    identity,
    send: (message) => socket.send(message),
    fetch: (cid: Cid) => swarm.get(cid),
    run: (kernel, range, timeoutMs) => sandbox.run(kernel, range, governor.settings.share, timeoutMs),
    upload: (key, output, token) => uploadOutput(relay, key, output, token),
    paused: () => governor.reason !== "",
    changed: (change) => onWork(change),
  });

  const ad = (): Ad => ({
    engines,
    ...machineFacts(),
    adapter,
    hidden: document.hidden,
    ...(governor.onBattery !== undefined && { onBattery: governor.onBattery }),
    peers: governor.settings.peers,
    ...(governor.settings.region && { region: governor.settings.region }),
    ...measurement.measured,
  });

  const measurement = new Measurement({
    sandbox,
    adapter: gpuName,
    hasGpu: engines.includes("wgsl"),
    kept,
    known: (measured) => {
      update({ measured });
      if (socket.isOpen) socket.send({ type: "ad", ad: ad() });
    },
  });
  update({ measured: measurement.measured });
  const measureIfIdle = () => {
    if (!governor.reason && !state.value.current) void measurement.rested(governor.settings.share);
  };

  const showPhase = (phase: Phase, reason: string) => {
    if (governor.reason) update({ phase: "paused", reason: governor.reason });
    else update({ phase, reason });
  };

  function onGovernor(): void {
    if (governor.reason) {
      work.handBack();
      sandbox.stop();
      update({ phase: "paused", reason: governor.reason, current: undefined });
    } else if (state.value.phase === "paused") {
      update({ phase: socket.isOpen ? "waiting" : "connecting", reason: "" });
      work.more();
    }
    if (socket.isOpen) socket.send({ type: "ad", ad: ad() });
    swarm.setPeers(governor.settings.peers ? "on" : "off");
  }

  function onWork(change: WorkChange): void {
    const { tasks } = state.value;
    switch (change.type) {
      case "started": {
        startedMs = performance.now();
        const { title, engine, first, count } = change;
        showPhase("working", "");
        void measurement.working();
        return update({ current: { title, engine, first, count, startedMs: Date.now() } });
      }
      case "finished":
        busyMs += (performance.now() - startedMs) * (change.tookMs > 0 ? change.busyMs / change.tookMs : 1);
        startedMs = 0;
        sampledTasks++;
        update({ current: undefined, tasks: { ...tasks, computed: tasks.computed + 1 } });
        return measureIfIdle();
      case "stopped":
        startedMs = 0;
        update({ current: undefined });
        return showPhase("waiting", idleReason);
      case "committed":
        return update({ tasks: { ...tasks, pending: work.pending } });
      case "verdict":
        // Nothing is at work, and what was has been decided: a relay with more to do would have sent it.
        if (!state.value.current) showPhase("waiting", idleReason);
        return update({
          tasks: { ...tasks, pending: work.pending, [change.verdict]: tasks[change.verdict] + 1 },
          earnedWei: state.value.earnedWei + change.rewardWei,
        });
      case "idle":
        idleReason = change.reason;
        if (!state.value.current) showPhase("waiting", idleReason);
        return measureIfIdle();
      case "notice":
        return update({ notice: change.message });
    }
  }

  const socket = new RelaySocket(`${relay.replace(/^http/, "ws")}/socket`, location.origin, identity, ad, {
    greeted(greeted) {
      showPhase("waiting", "");
      // A new session has announced nothing yet.
      swarm.announceAll();
      work.greeted(greeted);
    },
    message(message) {
      if (message.type === "peers" || message.type === "signal") tracker.receive(message);
      else work.receive(message);
    },
    interrupted(reason, retryMs) {
      work.interrupted();
      const why = reason || "The relay cannot be reached.";
      showPhase("connecting", `${why} Next try in ${Math.ceil(retryMs / 1000)} s.`);
    },
    refused(error) {
      close();
      const phase = error.code === "banned" ? "refused" : "stopped";
      update({ phase, reason: error.message, current: undefined });
    },
  });

  const sampler = setInterval(() => {
    const nowMs = performance.now();
    // What runs now keeps to the limit; how closely is known when it has finished.
    const running = startedMs > 0 ? (nowMs - startedMs) * governor.settings.share : 0;
    const share = Math.min(1, (busyMs + running) / SAMPLE_MS);
    busyMs = 0;
    if (startedMs > 0) startedMs = nowMs;
    const sample = { atMs: Date.now(), tasks: sampledTasks, busyShare: share };
    sampledTasks = 0;
    const { connections, ...bytes } = swarm.stats;
    update({
      samples: [...state.value.samples.slice(1 - MAX_SAMPLES), sample],
      peers: { connected: connections, ...bytes },
    });
    tellPage(state.value);
  }, SAMPLE_MS);

  const onLeave = () => {
    work.handBack();
    socket.close();
  };
  addEventListener("pagehide", onLeave);

  let closed = false;
  function close(): void {
    if (closed) return;
    closed = true;
    removeEventListener("pagehide", onLeave);
    clearInterval(sampler);
    onLeave();
    governor.close();
    swarm.close();
    sandbox.close();
    release();
  }
  return { governor, close };
}

/** The page around the volunteer may follow along: what it gets is a copy, and nothing secret is in it. */
function tellPage({ samples: _samples, earnedWei, ...state }: VolunteerState): void {
  const detail = { ...state, earnedWei: String(earnedWei) };
  document.dispatchEvent(new CustomEvent("superedge:state", { detail }));
}

// What the volunteer's page shows. The session writes it, the page reads it.
import type { Measured } from "./measurement.ts";

export type Phase =
  /** Nothing runs and nothing large has loaded: consent has not been given. */
  | "asking"
  | "connecting"
  /** Connected; the relay has nothing for this machine now. */
  | "waiting"
  | "working"
  | "paused"
  /** The relay gives this worker no more work. */
  | "refused"
  | "stopped";

export interface VolunteerState {
  phase: Phase;
  /** Why, in plain words, where the phase alone does not say. */
  reason: string;
  /** The worker's name: made on the first visit, kept in IndexedDB. */
  address: string;
  engines: {
    wgsl: boolean;
    wasm: boolean;
    /** The GPU as the browser names it. */
    adapter: string;
    /** Why there is no WebGPU, in plain words. */
    why: string;
  };
  /** Measured of this machine so far: see measurement.ts. */
  measured: Measured;
  current?: { title: string; engine: string; first: number; count: number; startedMs: number };
  tasks: { computed: number; certified: number; rejected: number; lapsed: number; pending: number };
  /** Certified, whether settled or not. */
  earnedWei: bigint;
  peers: { connected: number; bytesFromPeers: number; bytesToPeers: number; bytesFromRelay: number };
  /** One sample a second while working: tasks finished and the share of the time a kernel ran. */
  samples: { atMs: number; tasks: number; busyShare: number }[];
  /** The last thing that went wrong, for the page to show; the session goes on. */
  notice: string;
}

export interface Settings {
  /** Exchange input data with other volunteers, who then see this machine's IP address. */
  peers: boolean;
  /** Share of the time a kernel may keep the GPU or a core busy, 0.05 to 1. */
  share: number;
  /** Stop while the tab is hidden. */
  pauseWhenHidden: boolean;
  pauseOnBattery: boolean;
  /** Told to the pool, so that jobs may ask for it; empty: not told. */
  region: string;
}

/** A region's name, characters. */
export const MAX_REGION = 40;

export const defaultSettings: Settings = {
  peers: true,
  share: 0.8,
  pauseWhenHidden: false,
  pauseOnBattery: true,
  region: "",
};

// What is measured of this machine after consent: its numeric class, in every session, and its speed, once a week. Nothing
// of it comes before the first task: until then the relay hears what the last session found. Whatever fails is left out:
// a volunteer works without.
//
//   remembered ─▶ first task started, or nothing to do ─▶ classify ─▶ a task finished, or nothing to do ─▶ measure ─▶ kept
import { type DBSchema, openDB } from "idb";
import type { ReferenceCode } from "../../kernels/reference/measure.ts";
import type { Ad } from "../../protocol/ads.ts";
import type { SandboxHost } from "./sandboxHost.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000;
/** Tries a session: a machine whose measuring is cut short again and again is left in peace. */
const MAX_TRIES = 3;

export type Measured = Pick<Ad, "numericClass" | "gflops">;

interface Kept extends Measured {
  /** The GPU it was measured on, as the browser names it; empty where there is none. */
  adapter: string;
  /** When the speed was measured. */
  atMs: number;
}

/** What is asked of the sandbox. */
type Asked = Pick<SandboxHost, "classify" | "measure">;

interface Code {
  probe: string;
  fetchReference(): Promise<ReferenceCode>;
}

interface Schema extends DBSchema {
  /** By what the browser says of itself: its next version may round otherwise, and be faster. */
  machines: { key: string; value: Kept };
}

export class Measurement {
  readonly #sandbox: Asked;
  readonly #adapter: string;
  readonly #hasGpu: boolean;
  readonly #known: (measured: Measured) => void;
  readonly #load: () => Promise<Code>;
  #measured: Measured = {};
  #atMs = 0;
  #begun: Promise<void> | undefined;
  /** Loaded beforehand: when a moment comes, the sandbox must be asked before the next task is. */
  #code: ReferenceCode | undefined;
  #tries = 0;
  #busy = false;

  /** `known` is told of everything that is found out. */
  constructor(given: {
    sandbox: Asked;
    adapter: string;
    hasGpu: boolean;
    kept: Kept | undefined;
    known: (measured: Measured) => void;
    load?: () => Promise<Code>;
  }) {
    const { kept } = given;
    this.#sandbox = given.sandbox;
    this.#adapter = given.adapter;
    this.#hasGpu = given.hasGpu;
    this.#known = given.known;
    this.#load = given.load ?? (() => import("./referenceCode.ts"));
    if (kept?.adapter !== given.adapter) return;
    const isFresh = Date.now() - kept.atMs < WEEK_MS;
    this.#atMs = isFresh ? kept.atMs : 0;
    this.#measured = {
      ...(kept.numericClass && { numericClass: kept.numericClass }),
      ...(isFresh && kept.gflops && { gflops: kept.gflops }),
    };
  }

  get measured(): Measured {
    return this.#measured;
  }

  /** The first task has what it needs: the class is asked for beside it. */
  working(): Promise<void> {
    this.#begun ??= this.#begin();
    return this.#begun;
  }

  /** No task is at work: the speed is measured, unless it is known. `share` of the time it may take the machine. */
  async rested(share: number): Promise<void> {
    if (!this.#code) await this.working();
    if (!this.#code || this.#busy || this.#tries >= MAX_TRIES || this.#measured.gflops) return;
    this.#busy = true;
    this.#tries++;
    try {
      const gflops = await this.#sandbox.measure(this.#code, share);
      this.#atMs = Date.now();
      await this.#learn({ gflops });
    } catch {
      // A task came first, or it was paused: there will be another moment.
    } finally {
      this.#busy = false;
    }
  }

  async #begin(): Promise<void> {
    try {
      const { probe, fetchReference } = await this.#load();
      const classified = this.#hasGpu ? this.#classify(probe) : undefined;
      if (!this.#measured.gflops) this.#code = await fetchReference();
      await classified;
    } catch {
      // The code cannot be had: so be it, until the next session.
    }
  }

  async #classify(probe: string): Promise<void> {
    try {
      await this.#learn({ numericClass: await this.#sandbox.classify(probe) });
    } catch {
      // A GPU that cannot be asked is of no class; its outputs are compared within tolerances.
      await this.#learn({ numericClass: undefined });
    }
  }

  async #learn(found: Measured): Promise<void> {
    this.#measured = { ...this.#measured, ...found };
    this.#known(this.#measured);
    await keep({ ...this.#measured, adapter: this.#adapter, atMs: this.#atMs });
  }
}

const open = () =>
  openDB<Schema>("superedge-measured", 1, {
    upgrade(upgraded) {
      upgraded.createObjectStore("machines");
    },
  });

/** What an earlier session of this browser found. */
export async function recallMeasured(): Promise<Kept | undefined> {
  try {
    const db = await open();
    const kept = await db.get("machines", navigator.userAgent);
    db.close();
    return kept;
  } catch {
    // Private windows of some browsers have no storage: measured every time.
    return undefined;
  }
}

async function keep(kept: Kept): Promise<void> {
  try {
    const db = await open();
    await db.put("machines", kept, navigator.userAgent);
    db.close();
  } catch {}
}

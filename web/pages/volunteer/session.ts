// The page's hold on the volunteer session, which is loaded only once the visitor has said yes.
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Settings, VolunteerState } from "../../volunteer/state.ts";
import { loadSettings, saveSettings } from "./settings.ts";

/** What the session's module gives. */
export interface VolunteerSession {
  state: ReadonlySignal<VolunteerState>;
  start(settings: Settings): unknown;
  pause(): unknown;
  resume(): unknown;
  stop(): unknown;
  configure(settings: Settings): unknown;
}

export type Hold =
  | { state: "none" }
  | { state: "loading" }
  | { state: "failed"; why: string }
  | { state: "held"; session: VolunteerSession };

export const hold = signal<Hold>({ state: "none" });
export const settings = signal<Settings>(loadSettings());

effect(() => saveSettings(settings.value));

/** The visitor's yes: loads the session and starts it. Only ever called by the button. */
export async function start(): Promise<void> {
  if (hold.value.state === "loading") return;
  try {
    const session = hold.value.state === "held" ? hold.value.session : await load();
    hold.value = { state: "held", session };
    await session.start(settings.value);
  } catch (error) {
    hold.value = { state: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

async function load(): Promise<VolunteerSession> {
  hold.value = { state: "loading" };
  const { createVolunteer } = await import("../../volunteer/main.ts");
  return createVolunteer();
}

export function changeSettings(change: Partial<Settings>): void {
  settings.value = { ...settings.value, ...change };
  if (hold.value.state === "held") hold.value.session.configure(settings.value);
}

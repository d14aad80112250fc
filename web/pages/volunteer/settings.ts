// The volunteer's limits, kept in this browser.
import { defaultSettings, MAX_REGION, type Settings } from "../../volunteer/state.ts";

const KEY = "superedge.limits";
export const LEAST_SHARE = 0.05;

/** Whatever was stored, each part that is not what it should be replaced by its default. */
export function parseSettings(text: string | null): Settings {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? "null");
  } catch {
    stored = null;
  }
  if (typeof stored !== "object" || stored === null) return defaultSettings;
  const entries = new Map<string, unknown>(Object.entries(stored));
  const flag = (name: "peers" | "pauseWhenHidden" | "pauseOnBattery") => {
    const value = entries.get(name);
    return typeof value === "boolean" ? value : defaultSettings[name];
  };
  const share = entries.get("share");
  const region = entries.get("region");
  return {
    peers: flag("peers"),
    pauseWhenHidden: flag("pauseWhenHidden"),
    pauseOnBattery: flag("pauseOnBattery"),
    region: typeof region === "string" && region.length <= MAX_REGION ? region : defaultSettings.region,
    share: typeof share === "number" && share >= LEAST_SHARE && share <= 1 ? share : defaultSettings.share,
  };
}

/** Private windows may forbid storage: then the limits last as long as the tab. */
export function loadSettings(): Settings {
  try {
    return parseSettings(localStorage.getItem(KEY));
  } catch {
    return defaultSettings;
  }
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // see loadSettings
  }
}

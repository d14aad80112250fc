// When to rest: the tab is hidden, the machine runs on battery, the volunteer said so. Tells by events, not by timers.
import type { Settings } from "./state.ts";

interface Battery extends EventTarget {
  charging: boolean;
}

export class Governor {
  #settings: Settings;
  #byHand = false;
  #battery: Battery | undefined;
  readonly #changed: () => void;

  constructor(settings: Settings, changed: () => void) {
    this.#settings = settings;
    this.#changed = changed;
    document.addEventListener("visibilitychange", changed);
    const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
    getBattery
      ?.call(navigator)
      .then((battery) => {
        this.#battery = battery;
        battery.addEventListener("chargingchange", changed);
        changed();
      })
      // A browser that refuses to tell is taken to be plugged in.
      .catch(() => {});
  }

  configure(settings: Settings): void {
    this.#settings = settings;
    this.#changed();
  }

  setPaused(paused: boolean): void {
    this.#byHand = paused;
    this.#changed();
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Undefined where the browser does not tell. */
  get onBattery(): boolean | undefined {
    return this.#battery && !this.#battery.charging;
  }

  /** Why nothing may run now, in plain words; empty if it may. */
  get reason(): string {
    if (this.#byHand) return "Paused. Press resume to go on.";
    if (this.#settings.pauseWhenHidden && document.hidden) return "Paused while this tab is hidden.";
    if (this.#settings.pauseOnBattery && this.#battery?.charging === false)
      return "Paused while this machine runs on battery.";
    return "";
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#changed);
    this.#battery?.removeEventListener("chargingchange", this.#changed);
  }
}

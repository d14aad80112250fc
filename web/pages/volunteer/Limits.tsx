import { MAX_REGION } from "../../volunteer/state.ts";
import { changeSettings, settings } from "./session.ts";
import { LEAST_SHARE } from "./settings.ts";

export function Limits() {
  const { share, pauseWhenHidden, pauseOnBattery, region } = settings.value;
  const percent = Math.round(share * 100);
  return (
    <div class="limits">
      <label class="limit-share">
        <span>
          Busy at most <span class="number">{percent} %</span> of the time
        </span>
        <input
          type="range"
          min={LEAST_SHARE * 100}
          max={100}
          step={5}
          value={percent}
          aria-valuetext={`${percent} percent of the time`}
          onInput={(event) => changeSettings({ share: event.currentTarget.valueAsNumber / 100 })}
        />
        <span class="soft small">Work is cut into pieces of a few milliseconds, with rests between them.</span>
      </label>
      <label class="check-row">
        <input
          type="checkbox"
          checked={pauseOnBattery}
          onChange={(event) => changeSettings({ pauseOnBattery: event.currentTarget.checked })}
        />
        Pause on battery
      </label>
      <label class="check-row">
        <input
          type="checkbox"
          checked={pauseWhenHidden}
          onChange={(event) => changeSettings({ pauseWhenHidden: event.currentTarget.checked })}
        />
        Pause while this tab is hidden
      </label>
      <label class="limit-region">
        <span>
          Region to tell the pool <span class="soft">(optional)</span>
        </span>
        <input
          type="text"
          maxLength={MAX_REGION}
          placeholder="not told"
          value={region}
          onChange={(event) => changeSettings({ region: event.currentTarget.value.trim() })}
        />
        <span class="soft small">Such as EU or DE, for jobs that must be computed there.</span>
      </label>
    </div>
  );
}

import type { Draft } from "./draft.ts";
import { PRESETS, requirementsProblem, unknownNames } from "./wishes.ts";

const PRESET_WORDS: Record<(typeof PRESETS)[number], string> = {
  balanced: "Cost, speed, trust, reliability and energy count alike.",
  cheapest: "Those first whose results need the least checking, so that fewer are computed twice.",
  fastest: "Those first whose machines measured fastest.",
  "most trusted": "Those first whose results were right most often.",
  greenest: "Those first whose machines need the least energy for the work.",
};

/** Who is asked first, who may be asked at all, and by when. */
export function WishFields({ draft }: { draft: Draft }) {
  const { preference, requirements, deadline, completion } = draft.wishes.value;
  const wrong = requirementsProblem(requirements);
  const unknown = unknownNames(requirements);
  return (
    <fieldset class="panel">
      <legend>Volunteers</legend>
      <div class="fields">
        <div class="field">
          <label for="wish-preference">Prefer</label>
          <select
            id="wish-preference"
            value={preference}
            aria-describedby="wish-preference-about"
            onChange={(event) => draft.setWish("preference", event.currentTarget.value)}
          >
            {PRESETS.map((preset) => (
              <option key={preset} value={preset}>
                {preset}
              </option>
            ))}
          </select>
          <p id="wish-preference-about" class="soft small">
            {PRESET_WORDS[preference]}
          </p>
        </div>
        <div class="field">
          <label for="wish-deadline">Deadline (minutes)</label>
          <input
            id="wish-deadline"
            type="number"
            inputMode="numeric"
            min={1}
            placeholder="none"
            value={deadline}
            aria-describedby="wish-deadline-about"
            onInput={(event) => draft.setWish("deadline", event.currentTarget.value)}
          />
          <p id="wish-deadline-about" class="soft small">
            For the whole job, from its submission.
          </p>
        </div>
        {deadline.trim() !== "" && (
          <div class="field">
            <label for="wish-completion">Kept with (%)</label>
            <input
              id="wish-completion"
              type="number"
              inputMode="numeric"
              min={1}
              max={100}
              value={completion}
              aria-describedby="wish-completion-about"
              onInput={(event) => draft.setWish("completion", event.currentTarget.value)}
            />
            <p id="wish-completion-about" class="soft small">
              The probability that you want it kept with.
            </p>
          </div>
        )}
        <div class="field wide">
          <label for="wish-requirements">Requirements</label>
          <textarea
            id="wish-requirements"
            class="code"
            rows={2}
            spellcheck={false}
            autocapitalize="off"
            autocomplete="off"
            placeholder="HasWgsl && GflopsF32 >= 500 && OnBattery =!= true"
            value={requirements}
            aria-invalid={wrong !== ""}
            aria-describedby="wish-requirements-about wish-requirements-wrong"
            onInput={(event) => draft.setWish("requirements", event.currentTarget.value)}
          />
          <div id="wish-requirements-wrong" role="status">
            {wrong && <p class="field-wrong small">Not a ClassAd expression: {wrong}</p>}
            {unknown.length > 0 && (
              <p class="small">
                No machine has {unknown.length === 1 ? "an attribute" : "attributes"} named {unknown.join(", ")}: it is
                undefined everywhere.
              </p>
            )}
          </div>
          <p id="wish-requirements-about" class="soft small">
            A ClassAd expression that a volunteer’s machine must make true, as in HTCondor. Among the names: HasWgsl,
            GflopsF32, GflopsWasm, MemoryMiB, Cores, OnBattery, Region, Score. Empty: any machine with the engine.
          </p>
        </div>
      </div>
    </fieldset>
  );
}

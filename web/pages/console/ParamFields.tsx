import type { Param } from "../../../kernels/kernel.ts";
import { significant } from "../format/significant.ts";
import { readParam } from "./params.ts";

interface Props {
  params: readonly Param[];
  values: ReadonlyMap<string, string>;
  onChange: (name: string, text: string) => void;
}

/** One field a parameter, its range and unit from the manifest. */
export function ParamFields({ params, values, onChange }: Props) {
  return (
    <div class="fields">
      {params.map((param) => (
        <ParamField
          key={param.name}
          param={param}
          text={values.get(param.name) ?? String(param.default)}
          onChange={(text) => onChange(param.name, text)}
        />
      ))}
    </div>
  );
}

function ParamField({ param, text, onChange }: { param: Param; text: string; onChange: (text: string) => void }) {
  const { name, title, description, unit, min, max, step, type } = param;
  const read = readParam(param, text);
  const id = `param-${name}`;
  return (
    <div class="field">
      <label for={id}>
        {title}
        {unit && <span class="soft"> ({unit})</span>}
      </label>
      <input
        id={id}
        type="number"
        inputMode={type.startsWith("f") ? "decimal" : "numeric"}
        min={min}
        max={max}
        step={step ?? (type.startsWith("f") ? "any" : 1)}
        value={text}
        aria-invalid={!read.ok}
        aria-describedby={`${id}-about`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <p id={`${id}-about`} class={read.ok ? "soft small" : "small field-wrong"}>
        {read.ok ? `${description} ${significant(min, 15)} to ${significant(max, 15)}.` : read.why}
      </p>
    </div>
  );
}

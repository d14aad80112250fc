import type { VolunteerState } from "../../volunteer/state.ts";
import { formatRate } from "../format/rate.ts";

/** What was measured of this machine so far: rows of a `dl`. */
export function Speeds({ measured: { gflops, numericClass } }: Pick<VolunteerState, "measured">) {
  return (
    <>
      {gflops?.f32 !== undefined && (
        <div>
          <dt>GPU speed, decimal numbers</dt>
          <dd class="number">{formatRate(gflops.f32)}</dd>
        </div>
      )}
      {gflops?.i32 !== undefined && (
        <div>
          <dt>GPU speed, whole numbers</dt>
          <dd class="number">{formatRate(gflops.i32)}</dd>
        </div>
      )}
      {gflops?.wasm !== undefined && (
        <div>
          <dt>Speed of one processor core</dt>
          <dd class="number">{formatRate(gflops.wasm)}</dd>
        </div>
      )}
      {numericClass !== undefined && (
        <div>
          <dt>Rounding class</dt>
          <dd>
            <code title="Machines of one class round decimal numbers alike.">{numericClass}</code>
          </dd>
        </div>
      )}
    </>
  );
}

import { formatCount } from "../format/count.ts";
import { pool } from "./connection.ts";

/** Who would do the work, on what terms. */
export function PoolLine() {
  const view = pool.value;
  if (!view) return null;
  const { connected, wgsl, wasm, owners } = view.workers;
  return (
    <section class="panel pool-line" aria-labelledby="pool-title">
      <h2 id="pool-title">Pool: {view.name}</h2>
      <dl class="pairs">
        <div>
          <dt>Volunteers connected</dt>
          <dd class="number">{formatCount(connected)}</dd>
        </div>
        <div>
          <dt>with WebGPU / WASM</dt>
          <dd class="number">
            {formatCount(wgsl)} / {formatCount(wasm)}
          </dd>
        </div>
        <div>
          <dt>different owners</dt>
          <dd class="number">{formatCount(owners)}</dd>
        </div>
        <div>
          <dt>Fee / burned</dt>
          <dd class="number">
            {view.feeBps / 100} % / {view.burnBps / 100} %
          </dd>
        </div>
      </dl>
    </section>
  );
}

import type { VolunteerState } from "../../volunteer/state.ts";
import { formatBytes } from "../format/bytes.ts";
import { formatCount } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { shortName } from "../format/shortName.ts";
import { ActivityChart } from "./ActivityChart.tsx";
import { Limits } from "./Limits.tsx";
import { PeersSwitch } from "./PeersSwitch.tsx";
import { Speeds } from "./Speeds.tsx";
import { StatusPlate } from "./StatusPlate.tsx";
import type { VolunteerSession } from "./session.ts";
import { Tally } from "./Tally.tsx";
import { WebGpuAdvice } from "./WebGpuAdvice.tsx";

/** After consent: what runs, what came of it, and the means to stop it. */
export function Running({ session, state }: { session: VolunteerSession; state: VolunteerState }) {
  const { peers, engines } = state;
  return (
    <div class="running">
      <h1 class="visually-hidden">Volunteer</h1>
      <StatusPlate session={session} state={state} />
      {state.notice && (
        <p class="notice warn wide" role="status">
          {state.notice}
        </p>
      )}
      <Tally tasks={state.tasks} />
      <section class="panel earned" aria-labelledby="earned-title">
        <h2 id="earned-title">Earned</h2>
        <p class="figure">
          <span class="number">{formatEct(state.earnedWei)}</span> <span class="unit">ECT</span>
        </p>
        <p class="soft small">
          For certified tasks. The pool settles it on chain, to the key this browser made
          {state.address && (
            <>
              : <code title={state.address}>{shortName(state.address)}</code>
            </>
          )}
          .
        </p>
      </section>
      <ActivityChart samples={state.samples} />
      <section class="panel traffic" aria-labelledby="traffic-title">
        <h2 id="traffic-title">Data</h2>
        <dl class="pairs">
          <div>
            <dt>{peers.connected === 1 ? "Connected peer" : "Connected peers"}</dt>
            <dd class="number">{formatCount(peers.connected)}</dd>
          </div>
          <div>
            <dt>From peers</dt>
            <dd class="number">{formatBytes(peers.bytesFromPeers)}</dd>
          </div>
          <div>
            <dt>To peers</dt>
            <dd class="number">{formatBytes(peers.bytesToPeers)}</dd>
          </div>
          <div>
            <dt>From the pool</dt>
            <dd class="number">{formatBytes(peers.bytesFromRelay)}</dd>
          </div>
        </dl>
        <PeersSwitch />
      </section>
      <section class="panel machine" aria-labelledby="machine-title">
        <h2 id="machine-title">This machine</h2>
        <dl class="pairs">
          <div>
            <dt>GPU programs (WebGPU)</dt>
            <dd>{engines.wgsl ? "yes" : "no"}</dd>
          </div>
          {engines.wgsl && (
            <div>
              <dt>GPU</dt>
              <dd>{engines.adapter || "not named by the browser"}</dd>
            </div>
          )}
          <div>
            <dt>Processor programs (WebAssembly)</dt>
            <dd>{engines.wasm ? "yes" : "no"}</dd>
          </div>
          <Speeds measured={state.measured} />
        </dl>
        <Limits />
      </section>
      {!engines.wgsl && engines.why && <WebGpuAdvice why={engines.why} />}
    </div>
  );
}

import { Header } from "../header/Header.tsx";
import { Balance } from "./Balance.tsx";
import { type Connected, connect, connection } from "./connection.ts";
import { JobList } from "./JobList.tsx";
import { JobPage } from "./JobPage.tsx";
import { NewJob } from "./NewJob.tsx";
import { PoolLine } from "./PoolLine.tsx";
import { shownJob } from "./route.ts";

export function ConsolePage() {
  const state = connection.value;
  return (
    <>
      <Header page="Console" />
      <main id="main" class="console" tabIndex={-1}>
        {state.state === "connecting" && <p class="soft">Connecting to the pool…</p>}
        {state.state === "failed" && (
          <div class="notice wrong" role="alert">
            <p>The console could not start: {state.why}.</p>
            <p>
              <button type="button" onClick={connect}>
                Try again
              </button>
            </p>
          </div>
        )}
        {state.state === "connected" && <Workplace connected={state} />}
      </main>
    </>
  );
}

function Workplace({ connected }: { connected: Connected }) {
  const job = shownJob.value;
  return (
    <div class="workplace">
      <div class="side">
        <JobList />
        <Balance connected={connected} />
        <PoolLine />
      </div>
      <div class="desk">
        {job ? <JobPage key={job} connected={connected} id={job} /> : <NewJob connected={connected} />}
      </div>
    </div>
  );
}

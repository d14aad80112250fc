import type { VolunteerState } from "../../volunteer/state.ts";
import { Header } from "../header/Header.tsx";
import { Invitation } from "./Invitation.tsx";
import { Running } from "./Running.tsx";
import { hold } from "./session.ts";

export function VolunteerPage() {
  const held = hold.value;
  const state = held.state === "held" ? held.session.state.value : undefined;
  return (
    <>
      <Header page="Volunteer" />
      <main id="main" class="volunteer" tabIndex={-1}>
        {held.state === "held" && state && consented(state) ? (
          <Running session={held.session} state={state} />
        ) : (
          <Invitation hold={held} />
        )}
      </main>
    </>
  );
}

const consented = (state: VolunteerState) => state.phase !== "asking";

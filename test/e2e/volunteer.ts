// A volunteer in a Chromium of its own, as the demo opens it, and what an end-to-end test waits for.
import { vi } from "vitest";
import type { Address } from "../../protocol/ids.ts";
import { DemoVolunteer, type Shown, type VolunteerOptions } from "../../tools/demo/volunteer.ts";

const LONGEST_MS = 60_000;

/** Opened, consented, and known to the relay. */
export async function openVolunteer(options: VolunteerOptions): Promise<DemoVolunteer> {
  const volunteer = await DemoVolunteer.open(options);
  await volunteer.start();
  return volunteer;
}

export const addressOf = async (volunteer: DemoVolunteer): Promise<Address> =>
  (await volunteer.look())!.address as Address;

/** Resolves with what the page showed when `is` was first true of it. `meanwhile` is done before every look. */
export const shows = (
  volunteer: DemoVolunteer,
  is: (shown: Shown) => boolean,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Shown> =>
  vi.waitFor(
    async () => {
      await meanwhile();
      const shown = await volunteer.look();
      if (!shown || !is(shown)) throw new Error(`${volunteer.name} shows ${JSON.stringify(shown)}`);
      return shown;
    },
    { timeout: LONGEST_MS, interval: 50 },
  );

// The pool's catalogue of apps, each checked against its own name: an app's id is the content id of its manifest and code.
import { type App, parseApp } from "../kernels/kernel.ts";
import { canonicalJson } from "../protocol/canonicalJson.ts";
import { cidOf } from "../protocol/cid.ts";
import { SuperEdgeError } from "../protocol/errors.ts";
import { type Cid, toCid } from "../protocol/ids.ts";

import { appAnswer, appsAnswer } from "./answers.ts";
import type { Relay } from "./relay.ts";

export interface PublishedApp extends App {
  id: Cid;
}

export class Apps {
  readonly #relay: Relay;
  /** Checked apps by id; they never change. */
  readonly #known = new Map<Cid, PublishedApp>();

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /** What the pool offers. An app that is not what its id says, or that this version cannot read, is left out. */
  async list(): Promise<PublishedApp[]> {
    const answers = await this.#relay.json(appsAnswer, "api/apps");
    const apps = await Promise.all(
      answers.map((answer) =>
        this.#check(toCid(answer.app), answer).catch((error: unknown) => {
          if (error instanceof SuperEdgeError) return undefined;
          throw error;
        }),
      ),
    );
    return apps.filter((app) => app !== undefined);
  }

  /** Throws `not-found` if the pool has no such app, `bad-app` if it is not what its id says. */
  async get(id: Cid): Promise<PublishedApp> {
    const known = this.#known.get(id);
    if (known) return known;
    const answer = await this.#relay.json(appAnswer, `api/apps/${id}`);
    if (answer.app !== id) throw new SuperEdgeError("bad-app", `expected app ${id}, found ${answer.app}`);
    return this.#check(id, answer);
  }

  /** The code must have been uploaded. Throws `bad-app`. */
  async publish(manifest: App["manifest"], code: Cid): Promise<PublishedApp> {
    const answer = await this.#relay.json(appAnswer, "api/apps", { method: "POST", json: { manifest, code } });
    return this.#check(toCid(answer.app), answer);
  }

  async #check(id: Cid, { manifest, code }: { manifest: unknown; code: string }): Promise<PublishedApp> {
    const known = this.#known.get(id);
    if (known) return known;
    const found = await cidOf(new TextEncoder().encode(canonicalJson({ manifest, code })));
    if (found !== id) throw new SuperEdgeError("bad-app", `expected app ${id}, found manifest and code of ${found}`);
    const app = { id, ...parseApp({ manifest, code }) };
    this.#known.set(id, app);
    return app;
  }
}

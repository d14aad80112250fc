// The requester's key and what must not be lost with it, in this browser's IndexedDB.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import * as v from "valibot";
import { type Submit, submitSchema } from "../../../protocol/api.ts";

interface Schema extends DBSchema {
  keys: { key: "requester"; value: string };
  /** Deals that are paid but not yet accepted by the relay, by deal id. */
  unannounced: { key: string; value: Submit };
}

const keySchema = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/, "expected a private key"));

export class KeyStore {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  static async open(): Promise<KeyStore> {
    return new KeyStore(
      await openDB<Schema>("superedge-requester", 1, {
        upgrade(database) {
          database.createObjectStore("keys");
          database.createObjectStore("unannounced");
        },
      }),
    );
  }

  /** The stored key, or `fresh` once it is stored. Two tabs that open at once agree: one transaction reads and writes. */
  async keyOr(fresh: string): Promise<string> {
    const transaction = this.#database.transaction("keys", "readwrite");
    const stored = v.safeParse(keySchema, await transaction.store.get("requester"));
    const key = stored.success ? stored.output : fresh;
    if (!stored.success) await transaction.store.put(key, "requester");
    await transaction.done;
    return key;
  }

  async remember(submit: Submit): Promise<void> {
    await this.#database.put("unannounced", submit, submit.dealId);
  }

  async forget(dealId: string): Promise<void> {
    await this.#database.delete("unannounced", dealId);
  }

  async unannounced(): Promise<Submit[]> {
    const stored: unknown[] = await this.#database.getAll("unannounced");
    return stored.filter((submit): submit is Submit => v.is(submitSchema, submit));
  }
}

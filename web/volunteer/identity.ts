// The worker's key: made on the first visit, kept in this browser, never sent anywhere.
import { type DBSchema, openDB } from "idb";
import type { Address } from "../../protocol/ids.ts";
import { addressOfKey } from "./signature.ts";

interface Schema extends DBSchema {
  keys: { key: string; value: Uint8Array };
}

export interface Identity {
  address: Address;
  /** 32 bytes. */
  key: Uint8Array;
  /** False where the browser keeps nothing: the key lasts as long as the page. */
  kept: boolean;
}

export async function openIdentity(): Promise<Identity> {
  try {
    const db = await openDB<Schema>("superedge-volunteer", 1, {
      upgrade(upgraded) {
        upgraded.createObjectStore("keys");
      },
    });
    const stored = await db.get("keys", "worker");
    const key = stored ?? crypto.getRandomValues(new Uint8Array(32));
    if (!stored) await db.put("keys", key, "worker");
    db.close();
    return { address: addressOfKey(key), key, kept: true };
  } catch {
    // Private windows of some browsers have no storage.
    const key = crypto.getRandomValues(new Uint8Array(32));
    return { address: addressOfKey(key), key, kept: false };
  }
}

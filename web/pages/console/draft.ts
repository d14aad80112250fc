// A job being composed: what the form holds, and what follows from it.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Deposit, depositOf, expectedReplicas, type PublishedApp } from "../../../client/index.ts";
import type { Builtin } from "../../../kernels/builtin.ts";
import { type Law, tasksOf } from "../../../protocol/api.ts";
import { MAX_JOB_ITEMS, MAX_REPLICAS, MAX_TRUST } from "../../../protocol/limits.ts";
import { formatCount } from "../format/count.ts";
import { parseEct } from "../format/ect.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { builtinOf } from "./builtins.ts";
import { pool } from "./connection.ts";
import { readParams } from "./params.ts";
import type { Prepared } from "./submission.ts";
import { FIRST_WISHES, readWishes, type WishTexts } from "./wishes.ts";

export interface ChosenFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; why: string };

/** What a kernel's files and parameters make. */
export interface Work {
  params: Record<string, number>;
  inputs: Uint8Array[];
  items: number;
  itemsPerTask: number;
}

export type TermName = "price" | "trust" | "replicas" | "itemsPerTask" | "items";

/** Trust that two newcomers who agree reach, whatever the law. */
const FIRST_TRUST: Record<Law, string> = { poco: "2", pool: "10" };
const FIRST_TERMS: Record<TermName, string> = {
  price: "0.01",
  trust: "",
  replicas: "2",
  itemsPerTask: "",
  items: "1",
};

export class Draft {
  readonly app: PublishedApp;
  readonly builtin: Builtin | undefined;
  /** Comparing within a tolerance, not bit for bit, is possible under law `pool` only. */
  readonly laws: readonly Law[];
  readonly law: Signal<Law>;
  readonly title: Signal<string>;
  readonly params: Signal<ReadonlyMap<string, string>> = signal(new Map());
  readonly files: Signal<ReadonlyMap<string, ChosenFile>> = signal(new Map());
  readonly terms: Signal<Record<TermName, string>> = signal(FIRST_TERMS);
  readonly wishes: Signal<WishTexts> = signal(FIRST_WISHES);
  /** What would be computed, or what is still missing. */
  readonly work: ReadonlySignal<Outcome<Work>>;
  readonly deposit: ReadonlySignal<Outcome<Deposit>>;
  /** All that is needed to submit. */
  readonly ready: ReadonlySignal<Outcome<Prepared>>;

  constructor(app: PublishedApp) {
    this.app = app;
    this.builtin = builtinOf(app);
    this.laws = app.manifest.compare.kind === "exact" ? ["poco", "pool"] : ["pool"];
    this.law = signal(this.laws[0]!);
    this.title = signal(app.manifest.title);
    this.work = computed(() => this.#work());
    this.ready = computed(() => this.#ready());
    this.deposit = computed(() => this.#deposit());
  }

  setParam(name: string, text: string): void {
    this.params.value = new Map(this.params.value).set(name, text);
  }

  setTerm(name: TermName, text: string): void {
    this.terms.value = { ...this.terms.value, [name]: text };
  }

  setWish(name: keyof WishTexts, text: string): void {
    this.wishes.value = { ...this.wishes.value, [name]: text };
  }

  /** As typed, or what the law begins with. */
  get trust(): string {
    return this.terms.value.trust || FIRST_TRUST[this.law.value];
  }

  setFile(name: string, file: ChosenFile | undefined): void {
    const files = new Map(this.files.value);
    if (file) files.set(name, file);
    else files.delete(name);
    this.files.value = files;
  }

  #work(): Outcome<Work> {
    const params = readParams(this.app.manifest, this.params.value, this.builtin !== undefined);
    if (!params.ok) return params;
    return this.builtin ? this.#prepared(this.builtin, params.values) : this.#asGiven(params.values);
  }

  #prepared(builtin: Builtin, choices: Record<string, number>): Outcome<Work> {
    const files = this.files.value;
    const missing = builtin.files.find(({ name, optional }) => !optional && !files.has(name));
    if (missing) return { ok: false, why: `${missing.title}: choose a file.` };
    try {
      const given = Object.fromEntries([...files].map(([name, { bytes }]) => [name, bytes]));
      return { ok: true, value: builtin.prepare(given, choices) };
    } catch (error) {
      return { ok: false, why: wordsOf(error) };
    }
  }

  /** An app that the page knows only by its manifest: files go to the kernel as they are. */
  #asGiven(params: Record<string, number>): Outcome<Work> {
    const inputs: Uint8Array[] = [];
    for (const { name, title, maxBytes } of this.app.manifest.inputs) {
      const file = this.files.value.get(name);
      if (!file) return { ok: false, why: `${title}: choose a file.` };
      if (file.bytes.length > maxBytes)
        return {
          ok: false,
          why: `${title}: at most ${formatCount(maxBytes)} bytes, the file has ${formatCount(file.bytes.length)}.`,
        };
      inputs.push(file.bytes);
    }
    const items = whole("Items", this.terms.value.items, MAX_JOB_ITEMS);
    if (!items.ok) return items;
    return { ok: true, value: { params, inputs, items: items.value, itemsPerTask: Math.ceil(items.value / 100) } };
  }

  #ready(): Outcome<Prepared> {
    const work = this.work.value;
    if (!work.ok) return work;
    const texts = this.terms.value;
    const trust = whole("Trust", this.trust, MAX_TRUST);
    if (!trust.ok) return trust;
    const replicas = whole("Agreeing volunteers", texts.replicas, MAX_REPLICAS);
    if (!replicas.ok) return replicas;
    const priceWei = parseEct(texts.price);
    if (!priceWei) return { ok: false, why: "Price: an amount above zero is needed." };
    const perTask: Outcome<number> =
      texts.itemsPerTask.trim() === ""
        ? { ok: true, value: work.value.itemsPerTask }
        : whole("Items per task", texts.itemsPerTask, work.value.items);
    if (!perTask.ok) return perTask;
    const wishes = readWishes(this.wishes.value);
    if (!wishes.ok) return wishes;
    const terms = {
      ...wishes.value,
      items: work.value.items,
      itemsPerTask: perTask.value,
      law: this.law.value,
      trust: trust.value,
      replicas: replicas.value,
    };
    try {
      expectedReplicas(terms);
    } catch (error) {
      return { ok: false, why: wordsOf(error) };
    }
    return {
      ok: true,
      value: {
        app: this.app.id,
        params: work.value.params,
        inputs: work.value.inputs,
        ...terms,
        priceWei,
        title: this.title.value.trim() || this.app.manifest.title,
        tasks: tasksOf(terms),
      },
    };
  }

  #deposit(): Outcome<Deposit> {
    const ready = this.ready.value;
    if (!ready.ok) return ready;
    if (!pool.value) return { ok: false, why: "The pool has not answered yet." };
    try {
      return { ok: true, value: depositOf(pool.value, ready.value, ready.value.priceWei) };
    } catch (error) {
      return { ok: false, why: wordsOf(error) };
    }
  }
}

function whole(name: string, text: string, most: number): Outcome<number> {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 1 && value <= most
    ? { ok: true, value }
    : { ok: false, why: `${name}: a whole number from 1 to ${formatCount(most)} is needed.` };
}

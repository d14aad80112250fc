import { expectedReplicas } from "../../../client/index.ts";
import { type Law, tasksOf } from "../../../protocol/api.ts";
import { MAX_REPLICAS, MAX_TRUST } from "../../../protocol/limits.ts";
import { counted, formatCount } from "../format/count.ts";
import type { Draft, TermName, Work } from "./draft.ts";

/** Trust, redundancy, price, and how the work is cut. */
export function TermFields({ draft, items }: { draft: Draft; items: Work | undefined }) {
  const { replicas, price, itemsPerTask } = draft.terms.value;
  const { trust } = draft;
  const law = draft.law.value;
  return (
    <fieldset class="panel">
      <legend>Terms</legend>
      <LawChoice draft={draft} />
      <div class="fields">
        <Term
          draft={draft}
          name="trust"
          label="Trust"
          value={trust}
          min={1}
          max={MAX_TRUST}
          about={trustWords(law, trust, replicas)}
        />
        <Term
          draft={draft}
          name="replicas"
          label="Agreeing volunteers, at least"
          value={replicas}
          min={1}
          max={MAX_REPLICAS}
          about="Of different owners, for every task."
        />
        <Term
          draft={draft}
          name="price"
          label="Price per task (ECT)"
          value={price}
          about="For one certified task, everything included."
        />
        {!draft.builtin && (
          <Term
            draft={draft}
            name="items"
            label="Items"
            value={draft.terms.value.items}
            min={1}
            about="Elements of the output: the kernel says what they are."
          />
        )}
        <Term
          draft={draft}
          name="itemsPerTask"
          label="Items per task"
          value={itemsPerTask}
          placeholder={items ? String(items.itemsPerTask) : "chosen for you"}
          min={1}
          about={cutWords(items, itemsPerTask)}
        />
        <div class="field">
          <label for="job-title">Title</label>
          <input
            id="job-title"
            type="text"
            maxLength={120}
            value={draft.title.value}
            onInput={(event) => {
              draft.title.value = event.currentTarget.value;
            }}
          />
          <p class="soft small">Volunteers see it.</p>
        </div>
      </div>
    </fieldset>
  );
}

const LAW_WORDS: Record<Law, { title: string; about: string }> = {
  poco: {
    title: "On chain (poco)",
    about:
      "Every task is computed until the records of those who agree reach the trust. The contract can recompute it.",
  },
  pool: {
    title: "By the pool",
    about: "Known answers hidden among the tasks show whom to believe, so that most tasks are computed once.",
  },
};

function LawChoice({ draft }: { draft: Draft }) {
  return (
    <div class="laws" role="radiogroup" aria-label="How results are checked">
      {draft.laws.map((law) => (
        <label key={law} class={`app-card${law === draft.law.value ? " chosen" : ""}`}>
          <input
            type="radio"
            name="law"
            checked={law === draft.law.value}
            onChange={() => {
              draft.law.value = law;
            }}
          />
          <span>
            <strong>{LAW_WORDS[law].title}</strong>
            <span class="soft small app-text">{LAW_WORDS[law].about}</span>
          </span>
        </label>
      ))}
    </div>
  );
}

interface TermProps {
  draft: Draft;
  name: TermName;
  label: string;
  value: string;
  about: string;
  placeholder?: string;
  min?: number;
  max?: number;
}

function Term({ draft, name, label, value, about, placeholder, min, max }: TermProps) {
  const id = `term-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(name === "price"
          ? ({ type: "text", inputMode: "decimal" } as const)
          : ({ type: "number", inputMode: "numeric" } as const))}
        min={min}
        max={max}
        placeholder={placeholder}
        value={value}
        aria-describedby={`${id}-about`}
        onInput={(event) => draft.setTerm(name, event.currentTarget.value)}
      />
      <p id={`${id}-about`} class="soft small">
        {about}
      </p>
    </div>
  );
}

function trustWords(law: Law, trust: string, replicas: string): string {
  const meaning = "A wrong result must be less likely than 1 in this.";
  if (law === "pool") return meaning;
  try {
    const count = expectedReplicas({ law: "poco", trust: Number(trust), replicas: Number(replicas) });
    return `${meaning} Newcomers reach it when ${count} agree.`;
  } catch {
    return meaning;
  }
}

function cutWords(work: Work | undefined, text: string): string {
  if (!work) return "How the work is cut is suggested once the data is there.";
  const itemsPerTask = text.trim() === "" ? work.itemsPerTask : Number(text);
  if (!(itemsPerTask >= 1)) return "A whole number is needed.";
  return `${formatCount(work.items)} items make ${counted(tasksOf({ items: work.items, itemsPerTask }), "task")}.`;
}

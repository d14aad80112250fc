// What a challenger shows of a posted epoch, in the shape the contract takes it.
import type { EpochHeader, SettledContribution } from "../../protocol/epoch.ts";
import { contributionLeaf } from "../../protocol/epoch.ts";
import type { Epoch } from "../../protocol/epochBuild.ts";
import { type Address, hex32 } from "../../protocol/ids.ts";
import { KeccakTree } from "../../protocol/keccakTree.ts";
import { headerToAbi, rangeToAbi } from "../../relay/settlement/abi.ts";

export interface Posted {
  epoch: Epoch;
  header: EpochHeader;
}

export const headerOf = ({ header }: Posted) => headerToAbi(header);

export const taskProof = ({ epoch }: Posted, position: number) => ({
  task: epoch.records[position],
  position,
  path: epoch.trees.tasks.path(position).map(hex32),
});

const placeOf = (epoch: Epoch, { worker, batch }: SettledContribution): number =>
  epoch.batches.findIndex((b) => b.worker === worker && b.sequence === batch.sequence);

export const contributions = ({ epoch }: Posted, position: number) =>
  epoch.tasks[position]!.contributions.map((c) => ({ ...c, batch: placeOf(epoch, c) }));

export function contributionProof({ epoch }: Posted, position: number, which: number) {
  const all = epoch.tasks[position]!.contributions;
  const tree = new KeccakTree(all.map((c) => contributionLeaf(c, placeOf(epoch, c))));
  const contribution = all[which]!;
  return {
    contribution: { ...contribution, batch: placeOf(epoch, contribution) },
    position: which,
    path: tree.path(which).map(hex32),
  };
}

export function batchProof({ epoch }: Posted, position: number, which: number) {
  const place = placeOf(epoch, epoch.tasks[position]!.contributions[which]!);
  return { batch: epoch.batches[place], path: epoch.trees.commits.path(place).map(hex32) };
}

/** All leaves of the rewards tree, or of a ledger: such trees are small here. */
export const allRewards = ({ epoch }: Posted) =>
  rangeToAbi(epoch.trees.rewards, epoch.rewards, 0, epoch.rewards.length);
export const allLedger = ({ epoch }: Posted) => rangeToAbi(epoch.trees.ledger, epoch.ledger, 0, epoch.ledger.length);
export const allPrevious = ({ epoch }: Posted) =>
  epoch.previousLedger.length === 0
    ? { leaves: [], first: 0, path: [] }
    : rangeToAbi(epoch.trees.previous, epoch.previousLedger, 0, epoch.previousLedger.length);

/** The run of leaves around one worker: its own, and a neighbour on each side. */
export function around(entries: readonly { worker: Address }[], worker: Address): { first: number; length: number } {
  const from = entries.findIndex((entry) => entry.worker >= worker);
  const start = from === -1 ? entries.length : from;
  const past = entries.findIndex((entry) => entry.worker > worker);
  const end = past === -1 ? entries.length : past;
  const first = Math.max(0, start - 1);
  return { first, length: Math.min(entries.length, end + 1) - first };
}

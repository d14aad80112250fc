// What settlement costs on the embedded EVM, every transaction executed, and how fast epochs are built. Gas is the same on
// every machine. Epochs come in two: a pool's first, where every worker's words are written for the first time, and later ones.
import { buildEpoch } from "../../protocol/epochBuild.ts";
import { artifactOf, type ContractName } from "../../relay/chain/artifact.ts";
import { CONTRACTS } from "../../relay/chain/deploy.ts";
import { keccak } from "../../relay/hashes.ts";
import { challengeFigures } from "../contracts/gas/challenges.ts";
import { lazyDealGas } from "../contracts/gas/lazy.ts";
import { matchFigures } from "../contracts/gas/matches.ts";
import { onChainFigures } from "../contracts/gas/onChain.ts";
import { ECT, World } from "../settlement/world.ts";
import { round, spread } from "./figures.ts";
import { BenchPool, type Settled } from "./gas/pool.ts";

const BARS = {
  perContribution: 200,
  certify: 120_000,
  certifyCallback: 150_000,
  match: 250_000,
  challenge: 500_000,
  codeBytes: 24_576,
  contributionsPerSecond: 100_000,
};
/** As iExec's own test suite measures it (issue 4 of this project cites it); nothing of it is run here. */
const POCO = { task: 1_710_000, perContribution: 573_000, match: 734_000 };

const DEALS = 10;
const EPOCH = 100_000;
const WORKERS = 1000;
/** Contributions of the points of the curve that are one epoch. A worker has 100 in each, where there are so many. */
const ONE_EPOCH = [100, 1_000, 10_000];
const LEAST_WORKERS = 10;
const BUILDS = 5;
/** The portable hash is slow: its rate is taken at fewer. */
const PORTABLE_CONTRIBUTIONS = 10_000;

export async function run(): Promise<Record<string, unknown>> {
  const most = Number(process.argv[3] ?? 1_000_000);
  if (!(most >= EPOCH && most <= 10_000_000 && most % EPOCH === 0))
    throw new Error(`expected a multiple of ${EPOCH} up to 10,000,000 as the longest series, found ${process.argv[3]}`);
  const calls = await callFigures();
  const curve: Settled[] = [];
  for (const contributions of ONE_EPOCH) {
    const pool = await BenchPool.open(Math.max(LEAST_WORKERS, contributions / 100), DEALS, 2 * contributions);
    await pool.settle(contributions);
    curve.push(tell(await pool.settle(contributions)));
    await pool.world.close();
  }
  const pool = await BenchPool.open(WORKERS, DEALS, 3 * EPOCH + 2 * most);
  const first = tell(await pool.settle(EPOCH), "all workers new");
  const later = tell(await pool.settle(EPOCH));
  curve.push(later);
  const rate = buildingRate(pool);
  for (let total = 10 * EPOCH; total <= most; total *= 10) curve.push(tell(await pool.settle(EPOCH, total / EPOCH)));
  await pool.world.close();
  return {
    perContribution: { first: round(first.perContribution), later: round(later.perContribution) },
    ...{ first, curve: curve.map((point) => ({ ...point, perContribution: round(point.perContribution) })) },
    ...{ calls, rate, poco: POCO, bars: BARS },
    reached: {
      perContribution: later.perContribution <= BARS.perContribution,
      certify: calls.onChain.laterCertify <= BARS.certify,
      certifyCallback: calls.onChain.laterCallbackCertify <= BARS.certifyCallback,
      match: calls.matches.freeApp <= BARS.match,
      matchWithPricedApp: calls.matches.app <= BARS.match,
      challenge: Math.max(...Object.values(calls.challenges)) <= BARS.challenge,
      codeBytes: Math.max(...Object.values(calls.codeBytes)) < BARS.codeBytes,
      contributionsPerSecond: rate.perSecond.median >= BARS.contributionsPerSecond,
    },
  };
}

async function callFigures() {
  const world = await World.open();
  const onChain = await onChainFigures(world);
  await world.deposit("requester", 100n * ECT);
  const matches = await matchFigures(world);
  await world.close();
  const challenges = await challengeFigures();
  const lazyDeal = await lazyDealGas();
  const codeBytes = Object.fromEntries(Object.values(CONTRACTS).map((name) => [name, codeBytesOf(name)]));
  const naive = Math.round((onChain.laterRequest + onChain.laterCertify) / 3);
  say("one task, three replicas, in two transactions (ours)", onChain.laterRequest + onChain.laterCertify);
  say("  of a contribution", naive);
  say("the same by iExec's PoCo, cited", POCO.task);
  say("  of a contribution in a bag of 100, cited", POCO.perContribution);
  say("certify, three workers paid before", onChain.laterCertify, BARS.certify);
  say("certify, three new workers", onChain.firstCertify);
  say("certify with callback", onChain.laterCallbackCertify, BARS.certifyCallback);
  say("match, free app", matches.freeApp, BARS.match);
  say("match, app that costs something", matches.app, BARS.match);
  say("match by iExec's PoCo, cited", POCO.match);
  say("lazy deal, in its epoch", lazyDeal);
  for (const [fault, gas] of Object.entries(challenges)) say(`challenge ${fault}`, gas, BARS.challenge);
  for (const [name, bytes] of Object.entries(codeBytes)) say(`${name}, bytes of code`, bytes, BARS.codeBytes);
  return { onChain, matches, challenges, lazyDeal, codeBytes, naivePerContribution: naive };
}

const codeBytesOf = (name: ContractName): number => (artifactOf(name).deployedBytecode.length - 2) / 2;

/** Contributions a second of one core, in processor seconds: other programs may hold the core meanwhile. */
function buildingRate(pool: BenchPool) {
  const input = pool.input(EPOCH);
  const small = { ...input, tasks: input.tasks.slice(0, PORTABLE_CONTRIBUTIONS / 2) };
  const rateOf = (contributions: number, build: () => unknown): number => {
    const before = process.cpuUsage();
    build();
    const { user, system } = process.cpuUsage(before);
    return (contributions * 1e6) / (user + system);
  };
  buildEpoch(small, keccak);
  const rates = Array.from({ length: BUILDS }, () => rateOf(EPOCH, () => buildEpoch(input, keccak)));
  const portable = round(rateOf(PORTABLE_CONTRIBUTIONS, () => buildEpoch(small)));
  const perSecond = spread(rates);
  say("epochs built, contributions a second of one core", perSecond.median, BARS.contributionsPerSecond);
  say("  with the portable hash", portable);
  return { perSecond, portablePerSecond: portable };
}

function tell(settled: Settled, note = ""): Settled {
  const { contributions, epochs, workers, deals, perContribution } = settled;
  const of = `${contributions.toLocaleString("en")} contributions, ${workers} workers, ${deals} deals, ${epochs} epochs`;
  say(`${of}${note && `, ${note}`}: gas a contribution`, round(perContribution), BARS.perContribution);
  return settled;
}

function say(what: string, figure: number, bar?: number): void {
  const against = bar === undefined ? "" : ` (the bar: ${bar.toLocaleString("en")})`;
  process.stdout.write(`${what}: ${figure.toLocaleString("en")}${against}\n`);
}

// What settlement costs on chain, and how large the contracts are: contracts/snapshots/gas.json. Everything in it is the same
// on every machine; a change shows in the diff. After a change on purpose: npx vitest run test/contracts/gas -u
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SettledTask } from "../../protocol/epoch.ts";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { artifactOf, type ContractName } from "../../relay/chain/artifact.ts";
import type { SettlementReport } from "../../relay/settlement/report.ts";
import { ECT, type Part, World, walletOf } from "../settlement/world.ts";
import { challengeFigures } from "./gas/challenges.ts";
import { lazyDealGas } from "./gas/lazy.ts";
import { matchFigures } from "./gas/matches.ts";
import { onChainFigures } from "./gas/onChain.ts";

const CONTRACTS: ContractName[] = [
  "EdgeToken",
  "Hub",
  "Epochs",
  "Challenges",
  "Assets",
  "Airdrop",
  "Timelock",
  "Governance",
  "AuthorisedContracts",
  "Tasks",
  "Market",
  "Stakes",
  "Withdrawals",
];
/** EIP-170. */
const MAX_CODE_BYTES = 24_576;
/** Of a free app by a standing order: a priced asset is one more order, and one more owner to be paid. */
const MAX_MATCH_GAS = 250_000;
/** At 16 contributions. */
const MAX_CHALLENGE_GAS = 500_000;
const EPOCH_TASKS = 2500;
const WORKERS = 50;

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

it("gas and code sizes are those of the snapshot", async () => {
  const codeBytes = Object.fromEntries(
    CONTRACTS.map((name) => [name, (artifactOf(name).deployedBytecode.length - 2) / 2]),
  );
  for (const bytes of Object.values(codeBytes)) expect(bytes).toBeLessThan(MAX_CODE_BYTES);

  const gas: Record<string, number> = {};
  gas.approve = await world.send("requester", "token", "approve", world.addresses.hub, 10_000n * ECT);
  gas.deposit = await world.send("requester", "hub", "deposit", 10_000n * ECT);
  const order = {
    pool: walletOf("pool").address,
    appHash: walletOf("app").privateKey,
    jobHash: walletOf("job").privateKey,
    law: 1,
    trust: 2,
    replicas: 2,
    tasks: 2 * EPOCH_TASKS,
    pricePerTaskWei: ECT / 10n,
    maxFeeBps: 1000,
    deadline: world.nowS + 86_400,
    ...FREE_ASSETS,
  };
  const dealId = await world
    .contract("hub")
    .getFunction("openDeal")
    .staticCall(order, { from: walletOf("requester").address });
  gas.openDeal = await world.send("requester", "hub", "openDeal", order);
  gas.withdraw = await world.send("requester", "hub", "withdraw", walletOf("requester").address, ECT);

  const onChain = await onChainFigures(world);
  expect(onChain.laterCertify).toBeLessThanOrEqual(120_000);
  expect(onChain.laterCallbackCertify).toBeLessThanOrEqual(150_000);

  const tasks: SettledTask[] = [];
  const settler = world.settler({ tasks: () => tasks });
  await settler.openPool(1000, 10_000n * ECT);
  const epochs: Record<string, unknown> = {};
  for (const [n, name] of ["first", "later"].entries()) {
    tasks.push(...world.certify(dealId, partsOf(n * EPOCH_TASKS)));
    epochs[name] = figuresOf((await settler.settle())!);
  }
  const matches = await matchFigures(world);
  expect(matches.freeApp).toBeLessThan(MAX_MATCH_GAS);
  const challenges = await challengeFigures();
  for (const used of Object.values(challenges)) expect(used).toBeLessThan(MAX_CHALLENGE_GAS);
  const snapshot = { codeBytes, gas, matches, lazyDeal: await lazyDealGas(), onChain, challenges, epochs };
  await expect(`${JSON.stringify(snapshot, undefined, 2)}\n`).toMatchFileSnapshot("../../contracts/snapshots/gas.json");
});

/** Two workers a task, every worker on equally many. */
const partsOf = (from: number): Record<number, Part[]> =>
  Object.fromEntries(
    Array.from({ length: EPOCH_TASKS }, (_, i) => [
      from + i,
      [i % WORKERS, (i + 1 + (i % 7)) % WORKERS].map((w) => ({ worker: `worker ${w}`, digest: "right" })),
    ]),
  );

/** The first credit of a worker writes two new words, later ones change them. */
function figuresOf({ gas, contributions, tasks }: SettlementReport) {
  const credits = Object.entries(gas).filter(([step]) => step.startsWith("credit "));
  const all = Object.values(gas).reduce((sum, used) => sum + used, 0);
  return {
    tasks,
    contributions,
    workers: WORKERS,
    deals: 1,
    post: gas.post,
    finalise: gas.finalise,
    creditPerWorker: Math.round(credits.reduce((sum, [, used]) => sum + used, 0) / WORKERS),
    perContribution: Math.round(all / contributions),
  };
}

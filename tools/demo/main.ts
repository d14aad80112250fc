// The main job, end to end: a requester's proteins, computed by five real browsers, checked by replication, paid on a
// real EVM. One volunteer lies, one is switched off in the middle of a lease, one comes late.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatEther, JsonRpcProvider, parseEther, Wallet } from "ethers";
import { checkReceipt, Grid, type Result } from "../../client/index.ts";
import { loadSamples } from "../../kernels/load.ts";
import { referenceScores } from "../../kernels/protein-search/reference.ts";
import { builtinOf } from "../../kernels/registry.ts";
import { type Address, toHex } from "../../protocol/ids.ts";
import { startRelay } from "../relayProcess.ts";
import { cheat } from "./cheat.ts";
import { askByContract } from "./contractTask.ts";
import { settlementGas } from "./gas.ts";
import { heatmap } from "./heatmap.ts";
import { readOptions } from "./options.ts";
import { Screen } from "./screen.ts";
import { settled } from "./settlement.ts";
import { DemoVolunteer } from "./volunteer.ts";

const PRICE_WEI = parseEther("0.5");
const LIE_ON_EVERY = 3;
/** Shares of the job certified when one volunteer dies and another arrives. */
const KILL_AT = 0.15;
const JOIN_AT = 0.3;
/** Challenge window, seconds; longer where there is something to challenge. */
const WINDOW_SECONDS = 2;
const CHEAT_WINDOW_SECONDS = 20;
/** Of the disputed tasks: all are in the report. */
const DISPUTES_SHOWN = 3;

const builtin = builtinOf("protein-search")!;
const options = readOptions(process.argv.slice(2));
const screen = new Screen(options.json);
const startedMs = performance.now();
const seconds = () => Math.round((performance.now() - startedMs) / 100) / 10;
const data = mkdtempSync(join(tmpdir(), "superedge-demo-"));
const volunteers: DemoVolunteer[] = [];

async function main(): Promise<number> {
  screen.say("Starting the chain, the relay and the pages");
  const windowSeconds = String(options.cheat ? CHEAT_WINDOW_SECONDS : WINDOW_SECONDS);
  const relay = await startRelay(["--port", options.port, "--data", data, "--window-seconds", windowSeconds]);
  try {
    const report = await run(relay.url);
    writeFileSync(join(options.out, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    screen.say(`\nWrote scores.csv, heatmap.png and report.json to ${options.out}/ after ${seconds()} s`);
    if (!options.once) {
      screen.say(`\nThe pages stay at ${relay.url} (console: ${relay.url}/console/) until Ctrl-C`);
      await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
    }
    return report.ok ? 0 : 1;
  } finally {
    await Promise.all(volunteers.map((volunteer) => volunteer.close()));
    await relay.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function run(url: string) {
  mkdirSync(options.out, { recursive: true });
  const grid = await Grid.connect(url);
  const open = async (name: string, lieOn?: number) => {
    const volunteer = await DemoVolunteer.open(lieOn ? { url, name, lieOn } : { url, name });
    volunteers.push(volunteer);
    return volunteer;
  };
  screen.say("Opening five browsers, each with its own profile");
  const [honest, mortal, liar] = await Promise.all([
    Promise.all([open("Ada"), open("Ben")]),
    open("Cleo, who will be switched off"),
    open("Dan, who lies on every third task", LIE_ON_EVERY),
  ]);
  const late = await open("Eve, who comes late");
  const firstFour = [...honest, mortal, liar];
  await Promise.all(firstFour.map((volunteer) => volunteer.start()));
  const engines = firstFour[0]!.shown?.engines;
  screen.say(`  WebGPU adapter: ${engines?.adapter || `none (${engines?.why})`}`);

  // The requester.
  const requester = Wallet.createRandom();
  await grid.fund(requester.address as Address);
  const app = (await grid.apps()).find(({ manifest }) => manifest.name === builtin.manifest.name)!;
  const job = builtin.prepare(await loadSamples(builtin), {});
  const inputs = await Promise.all(job.inputs.map((bytes) => grid.upload(bytes)));
  const terms = { items: job.items, itemsPerTask: job.itemsPerTask, law: "poco", trust: 2, replicas: 2 } as const;
  const quote = await grid.quote({ app: app.id, ...terms }, PRICE_WEI);
  screen.say(
    `\nSubmitting protein-search: ${job.items} alignments in ${quote.tasks} tasks, ${formatEther(quote.depositWei)} ECT deposited, law poco, T = 2`,
  );
  const submitted = await grid.submit(
    {
      app: app.id,
      params: job.params,
      inputs,
      ...terms,
      priceWei: PRICE_WEI,
      title: "Swiss-Prot sample, all against all",
    },
    requester,
  );
  const submittedAt = performance.now();

  // Results as they come.
  const output = new Uint8Array(4 * job.items);
  const results: Result[] = [];
  let killed = false;
  let joined: Promise<void> | undefined;
  for await (const result of submitted.results()) {
    output.set(result.output, 4 * result.first);
    results.push(result);
    screen.progress(results.length, quote.tasks, `certified, ${seconds()} s`);
    if (result.rejected.length > 0)
      screen.say(
        `  task ${result.index}: ${result.rejected.map(nameOf).join(", ")} outvoted by ${result.workers.map(nameOf).join(" and ")}`,
      );
    if (!killed && results.length >= KILL_AT * quote.tasks && (await mortal.look())?.current) {
      killed = true;
      await mortal.kill();
      screen.say("  Cleo's machine was switched off in the middle of a lease");
    }
    if (!joined && results.length >= JOIN_AT * quote.tasks) {
      joined = late.start();
      screen.say("  Eve joins");
    }
  }
  screen.endProgress();
  await joined;
  const computeSeconds = Math.round((performance.now() - submittedAt) / 100) / 10;
  const view = await submitted.view();
  if (view.state !== "done") throw new Error(`the job was ${view.state}: ${view.error?.message ?? "no reason given"}`);
  await Promise.all(volunteers.map((volunteer) => volunteer.look()));

  // Every score against the plain CPU reference.
  const expected = referenceScores(job);
  const scores = new Int32Array(output.buffer);
  const wrong = expected.reduce((sum, score, item) => sum + (score === scores[item] ? 0 : 1), 0);
  const matrix = builtin.present(job, output);
  if (matrix.kind !== "matrix") throw new Error("protein-search presents a matrix");
  writeFileSync(join(options.out, "scores.csv"), matrix.csv);
  writeFileSync(join(options.out, "heatmap.png"), heatmap(matrix));

  // Every receipt, offline.
  let receiptsValid = 0;
  for (const { index, output: bytes } of results) {
    const checks = checkReceipt(await submitted.receipt(index), bytes);
    if (checks.ok) receiptsValid++;
    else screen.say(`  receipt of task ${index} fails: ${checks.checks.find((c) => !c.ok)?.claim}`);
  }
  screen.say(
    `\n${job.items - wrong} of ${job.items} scores equal the CPU reference; ${receiptsValid} of ${results.length} receipts verify offline`,
  );

  // Money. The relay settles by itself; a pool that lies does so in the meantime.
  const pool = await grid.pool();
  const rpcUrl = new URL(pool.rpcUrl, url).href;
  const provider = new JsonRpcProvider(rpcUrl, pool.chainId, { cacheTimeout: -1, staticNetwork: true });
  provider.pollingInterval = 200;
  const cheated = options.cheat ? await cheat(grid, provider, url, rpcUrl, (line) => screen.say(line)) : undefined;
  screen.say(`${options.cheat ? "\n" : ""}Settling on chain: post, challenge window, finalise, credit, refund`);
  const addresses = volunteers.map((volunteer) => volunteer.shown?.address as Address);
  const money = await settled(url, grid, submitted, addresses, quote.depositWei);
  const gas = await settlementGas(provider, pool);
  const workers = await grid.workers();
  const people = volunteers.map((volunteer, i) => {
    const worker = workers.find((w) => w.worker === addresses[i]);
    return {
      name: volunteer.name,
      worker: addresses[i]!,
      owner: worker?.owner ?? "",
      good: worker?.good ?? 0,
      bad: worker?.bad ?? 0,
      lapsed: worker?.lapsed ?? 0,
      banned: worker?.banned ?? false,
      balanceWei: String(money.workers.get(addresses[i]!) ?? 0n),
      adapter: volunteer.shown?.engines.adapter ?? "",
      bytesFromPeers: volunteer.shown?.peers.bytesFromPeers ?? 0,
      bytesToPeers: volunteer.shown?.peers.bytesToPeers ?? 0,
      bytesFromRelay: volunteer.shown?.peers.bytesFromRelay ?? 0,
    };
  });
  screen.table(
    ["volunteer", "right", "wrong", "from peers", "from relay", "ECT on chain"],
    people.map((p) =>
      [p.name, p.good, p.bad, p.bytesFromPeers, p.bytesFromRelay, formatEther(p.balanceWei)].map(String),
    ),
  );
  const paid = money.workersWei + money.poolWei + money.burnedWei;
  screen.say(
    `  pool ${formatEther(money.poolWei)}, burned ${formatEther(money.burnedWei)}, refund ${formatEther(money.refundWei)}; ` +
      `paid + refund ${paid + money.refundWei === money.depositWei ? "=" : "≠"} deposit ${formatEther(money.depositWei)}`,
  );
  const paidFor = money.epochs.reduce((sum, epoch) => sum + epoch.contributions, 0);
  const perContribution = Math.round(gas.total / paidFor);
  screen.say(
    `  gas, by the chain's receipts: ${count(perContribution)} a certified contribution = (post ${count(gas.post)} + finalise ${count(gas.finalise)} + credits ${count(gas.credit)}) / ${paidFor}`,
  );
  const liarSays = people.find((p) => p.worker === liar.shown?.address)!;
  screen.say(
    `  ${view.mismatches} mismatches found; the liar was ${liarSays.banned ? "banned" : `caught ${liarSays.bad} times`} and is paid ${formatEther(liarSays.balanceWei)} ECT`,
  );
  const disputes = (await submitted.tasks()).flatMap(({ index, firstDifference: found }) => {
    if (!found) return [];
    const workers = found.workers.map(({ worker, bytesHex }) => ({ name: nameOf(worker), bytesHex }));
    return [{ task: index, item: found.item, workers }];
  });
  for (const { task, item, workers } of disputes.slice(0, DISPUTES_SHOWN))
    screen.say(
      `  task ${task} differs first in item ${item}: ${workers.map((w) => `${w.name} ${w.bytesHex}`).join(", ")}`,
    );

  // A contract asks for the first task of the same job, and is called back.
  screen.say("\nA contract asks for a task");
  const spec = {
    ...{ app: app.id, params: job.params, inputs, items: job.itemsPerTask, itemsPerTask: job.itemsPerTask },
    ...({ law: "poco", trust: 2, replicas: 2 } as const),
  };
  const { itemBytes } = builtin.manifest.output;
  const answered = await askByContract(grid, provider, requester, {
    app: app.id,
    spec,
    itemBytes,
  });
  const isRight = answered.value === toHex(output.subarray(0, 32));
  screen.say(
    `  Feed ${answered.feed} was called back in the transaction that checked ${answered.workers.length} signatures and paid: ${count(answered.gas)} gas`,
  );
  screen.say(
    `  it now holds ${[...new Int32Array(output.slice(0, 32).buffer)].join(", ")}: ${isRight ? "the scores the volunteers found before" : `not what was found before, but ${answered.value}`}`,
  );
  provider.destroy();
  const sum = (of: "bytesFromPeers" | "bytesFromRelay") => people.reduce((total, p) => total + p[of], 0);
  grid.close();
  const report = {
    tasks: quote.tasks,
    certified: results.length,
    items: job.items,
    wrong,
    contributions: view.contributions,
    mismatches: view.mismatches,
    disputes,
    receipts: { checked: results.length, valid: receiptsValid },
    liar: { caught: liarSays.bad > 0, banned: liarSays.banned, wrong: liarSays.bad, balanceWei: liarSays.balanceWei },
    killedMidLease: killed,
    volunteers: people,
    bytes: { fromPeers: sum("bytesFromPeers"), fromRelay: sum("bytesFromRelay") },
    money: {
      depositWei: String(money.depositWei),
      workersWei: String(money.workersWei),
      poolWei: String(money.poolWei),
      burnedWei: String(money.burnedWei),
      payoutsWei: String(paid),
      refundWei: String(money.refundWei),
      exact: paid + money.refundWei === money.depositWei,
    },
    epochs: money.epochs.length,
    gas: gas.total,
    gasOf: gas,
    gasPerContribution: perContribution,
    contractTask: { ...answered, isRight },
    ...(cheated && { cheat: cheated }),
    seconds: { compute: computeSeconds, total: seconds() },
    scoresSha256: createHash("sha256").update(output).digest("hex"),
  };
  const ok =
    report.certified === report.tasks &&
    wrong === 0 &&
    receiptsValid === report.certified &&
    report.liar.caught &&
    report.liar.balanceWei === "0" &&
    report.money.exact &&
    report.bytes.fromPeers > 0 &&
    isRight &&
    (cheated?.ok ?? true) &&
    killed;
  return { ok, ...report };
}

const count = (n: number): string => n.toLocaleString("en-US");
const nameOf = (address: string): string =>
  volunteers.find((volunteer) => volunteer.shown?.address === address)?.name.split(",")[0] ?? address.slice(0, 8);

process.exitCode = await main().catch((error) => {
  process.stderr.write(`\n${String(error?.stack ?? error)}\n`);
  return 1;
});

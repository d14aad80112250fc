// What `superedge` runs. The table stands here, outside client/, because a command may live anywhere (the simulator is in
// test/sim) while client/ may import only protocol and kernels.
import { type CommandTable, runCommand } from "../../client/cli/command.ts";

const commands: CommandTable = {
  categorize: {
    summary: "measure an app on sample input and name its category and price",
    load: () => import("../../client/cli/categorize.ts"),
  },
  classad: {
    summary: "evaluate ClassAd expressions and match ads",
    load: () => import("../../client/cli/classad.ts"),
  },
  deploy: {
    summary: "put the contracts on an EVM chain and write down where they are",
    load: () => import("./deploy.ts"),
  },
  measure: {
    summary: "measure this machine by the reference kernels",
    load: () => import("../../client/cli/measure.ts"),
  },
  orders: {
    summary: "list, post and cancel signed orders",
    load: () => import("./orders.ts"),
  },
  simulate: {
    summary: "run the scheduler in virtual time against volunteers and liars",
    load: () => import("../../test/sim/command.ts"),
  },
  watch: {
    summary: "check every epoch of every pool, and prove what is false",
    load: () => import("./watch.ts"),
  },
};

// The status is set, not forced: what was printed into a pipe must get out.
process.exitCode = await runCommand(commands, process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});

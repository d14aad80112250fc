// Who lies, and who only errs: Wald's sequential probability ratio test between an honest machine, wrong in 2 of 1,000
// results (https://doi.org/10.1214/aoms/1177731118; the honest rate is that of consumer hardware), and a liar wrong in
// 1 of 10. One mistake bans nobody; four wrong results out of a dozen do.
const HONEST_ERROR_RATE = 2e-3;
const LIE_RATE = 0.1;
/** Accepted probability of ever banning an honest machine. */
const WRONGFUL_BAN = 1e-6;

const ON_BAD = Math.log(LIE_RATE / HONEST_ERROR_RATE);
const ON_GOOD = Math.log((1 - LIE_RATE) / (1 - HONEST_ERROR_RATE));
const BAN_AT = Math.log(1 / WRONGFUL_BAN);

/** The test's running sum; it restarts at 0, so a long honest past does not pay for later lies. */
export const nextSuspicion = (suspicion: number, agreed: boolean): number =>
  Math.max(0, suspicion + (agreed ? ON_GOOD : ON_BAD));

/** What so many wrong results have cost a worker, at most: to be given back if it turns out that they were not wrong. */
export const markOf = (bad: number) => ({ bad, suspicion: bad * ON_BAD, history: 0 });

export const isLiar = (suspicion: number): boolean => suspicion >= BAN_AT;

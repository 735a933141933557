/**
 * How much is proved: what fits into an ordinary run, or what `npm run prove` asks for (`--minutes`, `--seed`), handed on
 * in the environment.
 */
export const effort = {
  /** Minutes for each kind of proof; 0 in an ordinary run. */
  minutes: Number(process.env['PROVE_MINUTES'] ?? 0),
  /** One seed to be played again. */
  seed: process.env['PROVE_SEED'] === undefined ? undefined : Number(process.env['PROVE_SEED']),
  /** The first seed of a longer run, which differs from day to day. */
  from: Number(process.env['PROVE_FROM'] ?? 100_000),
}

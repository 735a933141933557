import fc from 'fast-check'

/**
 * Properties try the same cases in every ordinary run, so that a change is judged by what it changes. Other cases:
 * `PROPERTY_SEED=4711 npm test`, or any number.
 */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) })

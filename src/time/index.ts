export { type Clock, SimulatedClock, systemClock } from './clock.ts'
export { type NewId, seededRandom, uuid7 } from './identity.ts'
export { Turnstile } from './turnstile.ts'

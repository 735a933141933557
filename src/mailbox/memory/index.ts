export { SimulatedAccount } from './account.ts'
export type { Call, CallName, Fault, Faults, Traffic } from './faults.ts'
export type { Delivery, Source } from './folder.ts'
export { type SentMail, SimulatedServer, type SimulationOptions } from './server.ts'

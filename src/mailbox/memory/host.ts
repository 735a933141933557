import type { Clock } from '#time'
import type { Capabilities, OutgoingMessage } from '../port.ts'
import type { Call, Traffic } from './faults.ts'
import type { SimulatedFolder } from './folder.ts'

/** What accounts and connections need of the server they belong to. */
export interface Host {
  readonly clock: Clock
  readonly can: Capabilities
  readonly traffic: Traffic
  readonly tellsMoves: boolean
  /** A number for a new folder, never given before. */
  nextNumber(): number
  /** Lets a call through after the latency, or throws the fault that strikes it. */
  pass(call: Call): Promise<void>
  /** Hints to everyone who watches the folder, unless chance loses the hint. */
  tell(address: string, folder: SimulatedFolder): void
  /** Takes mail from an account and delivers it to the accounts the server has. */
  take(address: string, message: OutgoingMessage): void
}

import type { Clock } from '#time'
import type { ItemCapabilities } from '../items/index.ts'
import type { Capabilities, OutgoingMessage } from '../port.ts'
import type { Call, Traffic } from './faults.ts'
import type { MeetingHost } from './items/meetings.ts'

/** What accounts and connections need of the server they belong to. */
export interface Host extends MeetingHost {
  readonly clock: Clock
  readonly can: Capabilities
  /** Absent: the server has no calendars, contacts and tasks. */
  readonly canItems: ItemCapabilities | undefined
  readonly traffic: Traffic
  readonly tellsMoves: boolean
  /** A number for a new folder, never given before. */
  nextNumber(): number
  /** Lets a call through after the latency, or throws the fault that strikes it. */
  pass(call: Call): Promise<void>
  /** Hints to everyone who watches the folder, unless chance loses the hint. */
  tell(address: string, folder: { readonly number: number }): void
  /** Takes mail from an account and delivers it to the accounts the server has. */
  take(address: string, message: OutgoingMessage): void
}

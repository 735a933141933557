import { type Call, MailboxError } from '#mailbox'
import { RecordError } from '#records'
import type { Dice } from './dice.ts'
import type { Weather } from './world.ts'

export const INJECTED = 'By chance: '

/** A message that cannot be written this time. */
export class InjectedError extends RecordError {
  constructor() {
    super('ValidationFailed', `${INJECTED}the message could not be written.`)
  }
}

/** In calm weather no cursor is lost by chance: what people did to categories meanwhile would be lost with it. */
export function faultOf(call: Call, dice: Dice, weather: Weather): MailboxError {
  if (call.name === 'changes' && dice.chance(0.3) && weather === 'storm')
    return new MailboxError('cursorLost', 'CursorLost', `${INJECTED}the cursor is lost.`, { scope: 'item' })
  return new MailboxError('transient', 'ConnectFailure', `${INJECTED}the connection was cut.`)
}

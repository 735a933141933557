import type { Call } from './call.ts'
import { EwsFailure } from './failure.ts'
import type { Element } from './xml.ts'

/** @throws EwsFailure where an error was injected for what is asked of this one item */
export function strikeOne({ world, user }: Call, operation: string, element: Element): void {
  if (!world.faults.concernItems) return
  const call = { mailbox: user.address, face: 'ews', operation, about: saidIn(element), part: true } as const
  const faults = world.faults.strike(call)
  for (const fault of faults) if (fault.kind === 'error') throw new EwsFailure(fault.code, fault.message)
}

const saidIn = ({ attributes, text, children }: Element): string =>
  [...attributes.values(), text, ...children.map(saidIn)].join(' ')

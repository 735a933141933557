import type { MailboxErrorCode } from '#mailbox'
import type { Settings } from '#options'
import { approvalObstacle } from './approval.ts'
import { ACT, OUTGOING } from './rules.ts'
import type { MailboxSetup } from './setup.ts'

/** What a person is to mend; `codeEntry(code).remedy` says how. */
export interface Obstacle {
  code: MailboxErrorCode
  text: string
}

/** In words of people. */
const WORKLOADS = {
  incoming: 'Incoming email',
  outgoing: 'Outgoing email',
  act: 'Synchronizing appointments, contacts and tasks',
} as const

/**
 * Why a mailbox cannot be processed, by hand neither, until a person acts (SC-1, MB-51, MB-61, MB-64, MB-76, MO-39, AP-1).
 * @param workload absent: what stands in the way of all of them
 */
export function obstacleOf(
  setup: MailboxSetup,
  settings: Settings,
  workload?: keyof typeof WORKLOADS,
): Obstacle | undefined {
  const named = `mailbox “${setup.name}”`
  if (!setup.active) return { code: 'MailboxDisabled', text: `The ${named} is inactive.` }
  if (!setup.profile) return { code: 'NoServerProfile', text: `The ${named} has no server profile.` }
  if (!setup.profile.active)
    return { code: 'NoServerProfile', text: `The profile “${setup.profile.name}” of the ${named} is inactive.` }
  if (workload && !isServerSide(setup, workload))
    return {
      code: 'NotServerSide',
      text: `${WORKLOADS[workload]} of the ${named} is not set to server-side synchronization.`,
    }
  return approvalObstacle(setup, settings)
}

function isServerSide({ incoming, regarding, row }: MailboxSetup, workload: keyof typeof WORKLOADS): boolean {
  if (workload === 'incoming') return incoming === 'serverSide'
  if (workload === 'outgoing') return Number(row['outgoingemaildeliverymethod']) === OUTGOING.serverSide
  return Number(row['actdeliverymethod']) === ACT.serverSide && regarding?.table === 'systemuser'
}

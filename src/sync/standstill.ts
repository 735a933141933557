import { obstacleOf, withRemedy } from '#mailboxes'
import type { Workload } from '#schedule'
import type { Regarding } from './regarding.ts'

const WHAT: Readonly<Record<Workload, string>> = {
  incoming: 'incoming email',
  outgoing: 'outgoing email',
  act: 'appointments, contacts and tasks',
  backfill: 'past email',
}

/**
 * Why a workload that is not enabled stands still, and what to do: by the records of its mailbox, else Test & Enable (MO-80).
 * @param workload absent: all of them
 */
export async function whyNotEnabled(
  { mailboxes, options }: Regarding,
  mailboxId: string,
  workload?: Workload,
): Promise<string> {
  const setup = (await mailboxes.setups([mailboxId])).get(mailboxId)
  const obstacle =
    setup && obstacleOf(setup, await options.organization(), workload === 'backfill' ? 'incoming' : workload)
  if (obstacle) return withRemedy(obstacle.text, obstacle.code)
  const enabled = workload ? ` for ${WHAT[workload]}` : ''
  return `The mailbox is not enabled${enabled}. Run Test & Enable: regarding mailbox test${setup ? ` ${setup.address}` : ''}`
}

import type { MailboxErrorCode } from '#mailbox'
import { alertAbout, alertCodeOf, codeEntry, codes, type MailboxSetup, withRemedy } from '#mailboxes'
import { SYSTEM } from '#records'
import type { Settlement } from '#schedule'
import { watchProfile } from './profileWatch.ts'
import type { Regarding } from './regarding.ts'

const COLUMN = { incoming: 'incomingemail', backfill: 'incomingemail', outgoing: 'outgoingemail', act: 'act' } as const
/** A success disproves these (MO-8). */
const PASSING = codes
  .filter((entry) => entry.scope === 'profile' && entry.class === 'transient')
  .map(({ code }) => code)
const FAILURE = 2

/** What the end of a cycle means for the mailbox record and the alerts wall (MO-68, MO-80, SC-51, SC-52). */
export async function recordOutcome(regarding: Regarding, { lease, outcome, stop }: Settlement): Promise<void> {
  if (!outcome.error && lease.history.transient === 0) return
  const setup = (await regarding.mailboxes.setups([lease.mailboxId])).get(lease.mailboxId)
  if (!setup) return
  if (!outcome.error) return resolveAlerts(regarding, setup)
  const code = alertCodeOf(outcome.error.code as MailboxErrorCode, setup.profile?.credentialsOnProfile === true)
  const column = COLUMN[lease.workload]
  if (stop === 'error')
    await regarding.records.as(SYSTEM).update('mailbox', setup.id, {
      [`${column}status`]: FAILURE,
      [`enabledfor${column}`]: false, // MB-81: this direction alone
      [`${column}lasterror`]: withRemedy(outcome.error.text, code).slice(0, 4000),
    })
  await raise(regarding, setup, code, outcome.error.text, stop === 'error')
  await watchProfile(regarding, setup)
}

async function resolveAlerts({ alerts }: Regarding, { id, profile }: MailboxSetup): Promise<void> {
  await alerts.resolve({ table: 'mailbox', id }, 'all')
  if (profile) await alerts.resolve({ table: 'emailserverprofile', id: profile.id }, PASSING)
}

/** A failure that is tried again is a warning; at a profile it keeps its own level (MO-68, MO-69). */
async function raise(
  regarding: Regarding,
  setup: MailboxSetup,
  code: string,
  said: string,
  stopped: boolean,
): Promise<void> {
  const { level, scope } = codeEntry(code)
  const settings = await regarding.options.organization()
  const given = {
    code,
    level: stopped ? ('error' as const) : level === 'error' && scope === 'mailbox' ? ('warning' as const) : level,
    text: `Mailbox “${setup.name}” (${setup.address}): ${said}`,
  }
  await regarding.alerts.raise(alertAbout(setup, given, settings), settings)
}

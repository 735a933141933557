import { sql } from 'kysely'
import type { MailboxErrorCode } from '#mailbox'
import { alertAbout, alertCodeOf, codeEntry, codes, type MailboxSetup, withRemedy } from '#mailboxes'
import { SYSTEM } from '#records'
import type { Settlement } from '#schedule'
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

/** MO-65: more than half of a profile's mailboxes, two at least, have failed within the last hour. */
async function watchProfile(regarding: Regarding, setup: MailboxSetup): Promise<void> {
  if (!setup.profile) return
  const since = new Date(regarding.clock.now().getTime() - 60 * 60_000)
  const { rows } = await sql<{ all: number; failing: number }>`
    select count(*)::int as all, count(*) filter (where s.error_count > 0 and s.last_error_at > ${since})::int as failing
    from mailbox m join mailbox_schedule s on s.mailbox_id = m.mailboxid and s.workload = 'incoming'
    where m.emailserverprofile = ${setup.profile.id}
  `.execute(regarding.database.sql)
  const { all, failing } = rows[0] ?? { all: 0, failing: 0 }
  if (failing < 2 || failing * 2 <= all) return
  const text = `${failing} of the ${all} mailboxes of the profile “${setup.profile.name}” failed.`
  const settings = await regarding.options.organization()
  await regarding.alerts.raise(alertAbout(setup, { code: 'ProfileMailboxesFailing', text }, settings), settings)
}

import { sql } from 'kysely'
import { alertAbout, codeEntry, type MailboxSetup, type ProfileSetup } from '#mailboxes'
import { deliveryOf, submitEmail } from '#outgoing'
import { PARTICIPATION, RecordError, type Row, SYSTEM } from '#records'
import type { Regarding } from './regarding.ts'

const CODE = 'ProfileMailboxesFailing'
const HOUR = 60 * 60_000

/** MO-65: more than half of a profile's mailboxes, two at least, have failed within the last hour. */
export async function watchProfile(regarding: Regarding, setup: MailboxSetup): Promise<void> {
  const { profile } = setup
  if (!profile) return
  const { all, failing } = await countFailing(regarding, profile)
  if (failing < 2 || failing * 2 <= all) return
  const text = `${failing} of the ${all} mailboxes of the profile “${profile.name}” failed.`
  const settings = await regarding.options.organization()
  const untold = profile.row['sendemailalert'] === true ? await emailOwner(regarding, profile, text) : undefined
  const alert = alertAbout(setup, { code: CODE, text: untold ? `${text} ${untold}` : text }, settings)
  await regarding.alerts.raise(alert, settings)
}

async function countFailing({ clock, database }: Regarding, { id }: ProfileSetup) {
  const since = new Date(clock.now().getTime() - HOUR)
  const { rows } = await sql<{ all: number; failing: number }>`
    select count(*)::int as all, count(*) filter (where s.error_count > 0 and s.last_error_at > ${since})::int as failing
    from mailbox m join mailbox_schedule s on s.mailbox_id = m.mailboxid and s.workload = 'incoming'
    where m.emailserverprofile = ${id}
  `.execute(database.sql)
  return rows[0] ?? { all: 0, failing: 0 }
}

/**
 * MB-23: an email from the owner to themselves, at most one an hour, which leaves by their own mailbox: when that one
 * fails as well, as soon as it works again.
 * @returns why none can be sent, for people
 */
async function emailOwner(regarding: Regarding, profile: ProfileSetup, said: string): Promise<string | undefined> {
  const now = regarding.clock.now()
  const activityid = regarding.newId()
  try {
    await regarding.database.transaction(async (tx) => {
      const { rows } = await sql<Row>`
        insert into profile_email (profile_id, sent_at) values (${profile.id}, ${now})
        on conflict (profile_id) do update set sent_at = excluded.sent_at
          where profile_email.sent_at <= ${new Date(now.getTime() - HOUR)} returning profile_id
      `.execute(tx)
      if (!rows.length) return
      const { title, cause, remedy } = codeEntry(CODE)
      const access = regarding.records.as(SYSTEM).in(tx)
      await access.create('email', {
        activityid,
        subject: `${title}: ${profile.name}`,
        description: `${said}\n\n${cause} ${remedy}`,
        mimetype: 'text/plain',
        directioncode: true,
        ownerid: profile.owner,
      })
      const party = { activityid: { table: 'email', id: activityid }, partyid: profile.owner }
      await access.createMany('activityparty', [
        { ...party, participationtypemask: PARTICIPATION.sender },
        { ...party, participationtypemask: PARTICIPATION.to },
      ])
      await submitEmail(regarding, SYSTEM, activityid, {}, tx)
      const { reason, cause: why, toDo } = await deliveryOf(regarding, SYSTEM, activityid, tx)
      if (reason !== 'Queued') throw new RecordError('ValidationFailed', `${why} ${toDo}`, { table: 'email' })
    })
    return undefined
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    return `Its owner could not be told by email: ${error.message.replace(` ${activityid}`, '')}`
  }
}

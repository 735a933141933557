import { EMAIL_STATUS, type Row } from '#records'
import { wasSent } from './ask.ts'
import { type Conclusion, SETTLE } from './conclude.ts'
import { inTransaction, type OutgoingCycle, type OutgoingDependencies, systemIn } from './context.ts'
import { lockedStatus, noteConclusion, noteSent } from './note.ts'

/**
 * Emails that a worker left in *Sending* when it died (OE-3). What the server filed was sent; what it did not file goes out
 * again, after another look; where the server cannot be asked, a person decides.
 */
export async function settleLeftOvers(dependencies: OutgoingDependencies, cycle: OutgoingCycle): Promise<number> {
  const left = await leftOvers(dependencies, cycle)
  let uncertain = 0
  for (const email of left) {
    cycle.signal?.throwIfAborted()
    const answer = await wasSent(cycle, email)
    if (answer === 'yes') {
      await noteSent(dependencies, cycle, email)
      continue
    }
    if (answer === 'unknown') uncertain++
    const conclusion = answer === 'no' ? again(dependencies, email) : UNKNOWN
    await inTransaction(dependencies, cycle, 'conclude', async (tx) => {
      if ((await lockedStatus(tx, String(email['activityid']))) !== EMAIL_STATUS.sending) return
      await noteConclusion(dependencies, cycle, tx, email, conclusion)
    })
  }
  return uncertain
}

const UNKNOWN: Conclusion = {
  status: 'uncertain',
  text: 'The process that was sending it ended before the mail server’s answer was noted.',
}

function again({ clock }: OutgoingDependencies, email: Row): Conclusion {
  const last = email['lastdeliveryattempt']
  const since = last instanceof Date ? last : clock.now()
  return { status: 'pending', until: new Date(since.getTime() + SETTLE), counts: true }
}

async function leftOvers(dependencies: OutgoingDependencies, { setup }: OutgoingCycle): Promise<Row[]> {
  const page = await systemIn(dependencies, dependencies.database.sql).query({
    table: 'email',
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'sendermailboxid', operator: 'eq', values: [setup.id] },
        { kind: 'condition', column: 'statuscode', operator: 'eq', values: [EMAIL_STATUS.sending] },
      ],
    },
    order: [{ column: 'lastdeliveryattempt' }],
  })
  return page.rows
}

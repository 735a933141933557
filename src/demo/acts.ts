import { SYSTEM } from '#records'
import { type Regarding, setRegarding, trackMessage, untrack } from '#sync'
import { mailboxId } from './configuration.ts'
import { idOf, referenceTo } from './ids.ts'
import { CORRESPONDENCE, LETTERS } from './messages/index.ts'
import { asUser } from './organization.ts'

/** What people do with their mail between yesterday and today; the mail of today shows what follows from it. */
export async function act(regarding: Regarding): Promise<void> {
  const [mira, jonas, elena] = await Promise.all(
    (['mira', 'jonas', 'elena'] as const).map((key) => mailboxId(regarding, key)),
  )
  const inquiry = await emailOf(regarding, 'marselis-1')
  if (inquiry) await setRegarding(regarding, asUser('mira'), inquiry, referenceTo('lead/vestergaard')) // B-50
  const towel = await emailOf(regarding, 'eirik-fun')
  if (towel) await untrack(regarding, asUser('mira'), towel, { whose: 'mine', mailboxId: mira as string }) // T-98
  const golf = await emailOf(regarding, 'golf-1')
  if (golf)
    await untrack(regarding, asUser('jonas'), golf, { what: 'thread', whose: 'mine', mailboxId: jonas as string }) // B-54
  if (!(await emailOf(regarding, 'weidmann-1')))
    await trackMessage(regarding, idOf('systemuser/elena'), {
      mailboxId: elena as string,
      messageId: messageIdFor('weidmann-1'),
      regarding: referenceTo('lead/weidmann'),
    }) // T-93
}

/** The Message-ID of a letter. */
export function messageIdFor(id: string): string {
  const letter = LETTERS.find((one) => one.id === id)
  if (!letter) throw new RangeError(`There is no message “${id}” in the demo.`)
  return CORRESPONDENCE.messageIdOf(letter)
}

/** The activity of a letter that came in. */
export async function emailOf(regarding: Regarding, letter: string): Promise<string | undefined> {
  const page = await regarding.records.as(SYSTEM).query({
    table: 'email',
    columns: ['activityid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'messageid', operator: 'eq', values: [messageIdFor(letter)] },
        { kind: 'condition', column: 'directioncode', operator: 'eq', values: [false] },
      ],
    },
    top: 1,
  })
  const id = page.rows[0]?.['activityid']
  return typeof id === 'string' ? id : undefined
}

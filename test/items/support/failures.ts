import { explainItems } from '#items'
import type { Regarding } from '#sync'
import type { Person } from '../../incoming/support/company.ts'

/** What the owner of a mailbox is told of items that failed, by subject. */
export async function failuresOf(regarding: Regarding, person: Person) {
  const failed = await explainItems(
    regarding,
    { kind: 'user', id: person.id },
    { mailboxIds: [person.mailboxId], outcomes: ['failed'] },
  )
  const told = failed.map(({ code = '', subject = '', text = '' }) => ({ code, subject, text }))
  return told.sort((a, b) => (a.subject + a.text < b.subject + b.text ? -1 : 1))
}

import type { NewEvent } from '#mailbox'
import type { Hands } from './hands.ts'

/** Lays an invitation into the calendar, as a mail program does that was sent one. */
export async function invitationFrom(hands: Hands, organizer: string, address: string, item: NewEvent): Promise<void> {
  const subject = item.fields.subject ?? ''
  await hands.make(['Calendar'], {
    ...item,
    fields: { ...item.fields, attendees: [{ address, role: 'required', answer: 'none' }] },
  })
  const { name, text } = await hands.textOf(['Calendar'], subject)
  await hands.put(['Calendar'], name, text.replace(/^ORGANIZER.*\r?\n/m, `ORGANIZER:mailto:${organizer}\r\n`))
}

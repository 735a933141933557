import type { RecordChange, RecordView } from '#items'
import type { Answer, CalendarItem } from '#mailbox'
import { PARTICIPATION } from '#records'

/** What is there once somebody has answered an invitation. */

export function withAnswer(item: CalendarItem, address: string, answer: Answer): CalendarItem {
  const { attendees = [] } = item.fields
  if (attendees.length === 0) return item
  const now = attendees.map((one) => (one.address === address ? { ...one, answer } : one))
  return { ...item, fields: { ...item.fields, attendees: now } }
}

/** A record whose parties have answered. */
export function answeredView(view: RecordView, { answers = [] }: RecordChange): RecordView {
  const parties = view.parties.map((one) => {
    const found = answers.find(
      ({ address, partyId, originalStart }) =>
        originalStart === undefined && (one.address === address || one.party?.id === partyId),
    )
    return found && one.role !== PARTICIPATION.organizer ? { ...one, response: found.response } : one
  })
  return { ...view, parties }
}

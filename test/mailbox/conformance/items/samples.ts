import type { Item, ItemKind, NewContact, NewEvent, NewItem, NewTask } from '#mailbox'

export const ZONE = 'Europe/Berlin'

export function event(subject: string, more: Partial<NewEvent['fields']> = {}, series?: NewEvent['series']): NewEvent {
  const time = { allDay: false, start: '2026-03-09T10:00:00', end: '2026-03-09T11:00:00', zone: ZONE }
  const fields = { subject, time, showAs: 'busy', importance: 'normal', sensitivity: 'normal', ...more } as const
  return { kind: 'event', fields, ...(series && { series }) }
}

/** Every Monday at ten, ten times, across the change to summer time. */
export function weekly(subject: string, more: Partial<NewEvent['fields']> = {}): NewEvent {
  const recurrence = { frequency: 'weekly', interval: 1, byDay: [{ day: 'MO' }], end: { count: 10 } } as const
  return event(subject, more, { recurrence: { ...recurrence, byDay: [{ day: 'MO' }] }, cancelled: [], exceptions: [] })
}

export function contact(displayName: string, more: Partial<NewContact['fields']> = {}): NewContact {
  return {
    kind: 'contact',
    fields: { displayName, firstName: displayName, email1: `${displayName}@adatum.example`, ...more },
  }
}

export function task(subject: string, more: Partial<NewTask['fields']> = {}): NewTask {
  return {
    kind: 'task',
    fields: { subject, status: 'notStarted', importance: 'normal', sensitivity: 'normal', ...more },
  }
}

export function sample(kind: ItemKind, title: string): NewItem {
  return kind === 'event' ? event(title) : kind === 'contact' ? contact(title) : task(title)
}

export function titleOf(item: Item | NewItem): string {
  return (item.kind === 'contact' ? item.fields.displayName : item.fields.subject) ?? ''
}

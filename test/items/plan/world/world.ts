import { instantOf, type Local } from '#calendar'
import type { ItemSettings, ItemTable, Link, QuestionKind, RecordChange, RecordView } from '#items'
import type { Answer, AttachmentInfo, CalendarItem, FolderId, Item } from '#mailbox'
import { PARTICIPATION, type Reference, type Row } from '#records'
import { changedView, recordView, SETTINGS } from '../../support/map.ts'
import {
  type Apart,
  answeredView,
  apartAfter,
  isMoved,
  keepingAnswers,
  movedStarts,
  tidied,
  unanswered,
  unansweredAt,
  withAnswer,
} from './answered.ts'
import type { Letter } from './letters.ts'
import { instancesOf, type Own, ownAfter, SERIES, startsOfItem, startsOfRecord } from './series.ts'

/** A tiny company: users with mailboxes, records with filters and rights, and a mail server that distributes meetings. */

const DOMAIN = 'contoso.example'
export const OUTSIDE = 'x@out.example'
/** The table of service activities, which go into calendars and never come back (AP-80). */
export const SERVICE = 'serviceappointment'
export const CATEGORY = 'Tracked'
export const FOLDERS = {
  event: ['calendar', 'second'],
  contact: ['contacts', 'people'],
  task: ['tasks', 'later'],
} as const

export interface Mailbox {
  index: number
  user: Reference
  address: string
  items: Map<string, Item>
  deletedItems: Item[]
  links: Link[]
  confirmed: boolean
  filters: Record<'appointment' | 'contact' | 'task', 'own' | 'all' | 'none'>
  may: { create: boolean; write: boolean; delete: boolean }
  /** Ids of records that the user may not read. */
  denied: Set<string>
  questions: Map<string, { question: QuestionKind; yes?: boolean }>
  cycleAnswer?: { upTo: number } | 'no'
  asked: Set<QuestionKind>
  untrack: Map<string, 'keep' | 'delete'>
  /** The user could not write records for a while. */
  wasRestricted: boolean
  /** Folders that take no changes of ours. */
  readOnly: Set<string>
  /** Its calendar's server tells organizers what is answered there for its owner; else that goes by mail. */
  serverTells: boolean
  /** What its owner answered in the CRM. */
  letters: Letter[]
  /** What the sides of each link said when it was last synchronized. */
  last: Map<string, { record: Said; item: Said }>
}

/** What the promises are asked about: the name, one more field, and occurrences of a series by their starts. */
export interface Said {
  title: string | undefined
  note: string | undefined
  repeats: string
  [start: string]: string | undefined
}

/** What the mail server was made to send, and by whom. */
export interface Sent {
  uid: string
  by: number
  step: number
}

export class World {
  readonly settings: ItemSettings
  readonly records = new Map<string, RecordView>()
  /** What occurrences of series have of their own, by the ids of their records. */
  readonly #own = new Map<string, Own>()
  /** What was answered to occurrences otherwise than to their series, by the ids of their records. */
  readonly #apart = new Map<string, Apart>()
  readonly mailboxes: Mailbox[]
  readonly sent: Sent[] = []
  /** Names about which people did what makes simple promises too simple. */
  readonly odd = {
    copied: new Set<string>(),
    passedOn: new Set<string>(),
    closed: new Set<string>(),
    services: new Set<string>(),
    /** Meetings that an attendee calls otherwise in her own copy: that is no change of the CRM. */
    own: new Set<string>(),
    /** Meetings that were there on both sides: where one says nothing, the other keeps what it says (AP-72). */
    joined: new Set<string>(),
    /** Contents that a cycle had attached when it died: taken off the other side meanwhile, they come back there. */
    attached: new Set<string>(),
  }
  now = new Date('2026-03-10T09:00:00Z')
  step = 0
  #number = 0
  /** What attachments hold, by the ids that either side has for them. */
  readonly contents = new Map<string, string>()
  /** What people said last about a file on each side, by the name of the meeting and of the file; null: it was taken off. */
  readonly filesSaid = new Map<string, { record?: string | null; item?: string | null }>()
  /** Those of records whose table takes none along (AP-74), by the ids of the records. */
  readonly #setAside = new Map<string, NonNullable<RecordView['attachments']>>()

  constructor(settings: Partial<ItemSettings>, users = 3) {
    this.settings = { ...SETTINGS, ...settings }
    this.mailboxes = Array.from({ length: users }, (_, index) => ({
      index,
      user: { table: 'systemuser', id: `user-${index}` },
      address: `user${index}@${DOMAIN}`,
      items: new Map(),
      deletedItems: [],
      links: [],
      confirmed: true,
      filters: { appointment: 'own', contact: 'own', task: 'own' },
      may: { create: true, write: true, delete: true },
      denied: new Set(),
      questions: new Map(),
      asked: new Set(),
      untrack: new Map(),
      wasRestricted: false,
      readOnly: new Set(),
      serverTells: index < 2,
      letters: [],
      last: new Map(),
    }))
  }

  next(): number {
    return ++this.#number
  }

  tick(minutes = 1): void {
    this.step++
    this.now = new Date(this.now.getTime() + minutes * 60_000)
  }

  mailbox(index: number): Mailbox {
    return this.mailboxes[index % this.mailboxes.length] as Mailbox
  }

  partyOf = (address: string): Reference | undefined => this.mailboxes.find((one) => one.address === address)?.user

  addressOf = ({ id }: Reference) => {
    const found = this.mailboxes.find(({ user }) => user.id === id)
    return found && { address: found.address }
  }

  // Records

  saveRecord(view: RecordView): RecordView {
    const saved = { ...view, version: `v${this.next()}`, modified: this.now }
    if (view.table === SERIES) this.#seeInstances(saved)
    if (view.table === 'appointment' && this.settings.appointmentAttachments) saved.attachments ??= []
    this.records.set(view.id, saved)
    return saved
  }

  /** People who are invited no more have said nothing. */
  #seeInstances(view: RecordView): void {
    const apart = apartAfter(this.apartOf(view.id), view, { values: {} }, startsOfRecord(view))
    this.#apart.set(view.id, apart)
    view.exceptions = instancesOf(view, this.ownOf(view.id))
    view.answeredApart = [...apart].flatMap(([originalStart, said]) =>
      [...said].map(([who, response]) => ({
        originalStart,
        response,
        ...(who.includes('@') ? { address: who } : { partyId: who }),
      })),
    )
  }

  apartOf(id: string): Apart {
    return this.#apart.get(id) ?? new Map()
  }

  ownOf(id: string): Own {
    return this.#own.get(id) ?? new Map()
  }

  /** What a change makes of a record and its occurrences. */
  changeRecord(view: RecordView, change: RecordChange): RecordView {
    if (view.table === SERIES) this.#own.set(view.id, ownAfter(this.ownOf(view.id), change))
    const { answers = [], ...others } = change
    const changed = answeredView(changedView(view, change), change)
    const before = this.apartOf(view.id)
    if (view.table === SERIES) this.#apart.set(view.id, apartAfter(before, changed, change, startsOfRecord(changed)))
    const isOther = Object.keys(others).length > 1 || Object.keys(others.values).length > 0
    const isSeen = isOther || JSON.stringify(changed.parties) !== JSON.stringify(view.parties)
    // Answers that say nothing new are not written, and instances without anything else of their own are no part of it.
    if (answers.length > 0 && !isSeen && !this.#isAnsweredApart(view.id, before)) {
      if (view.table === SERIES) this.#seeInstances(view)
      return view
    }
    return this.saveRecord(changed)
  }

  #isAnsweredApart(id: string, before: Apart): boolean {
    const said = (apart: Apart) => [...this.ownOf(id).keys()].map((start) => [...(apart.get(start) ?? [])])
    return JSON.stringify(said(before)) !== JSON.stringify(said(this.apartOf(id)))
  }

  /** A meeting begins or ceases to repeat: a record of the other table takes its place, in the links of all mailboxes too. */
  convertRecord(view: RecordView, table: ItemTable, id: string, change: RecordChange = { values: {} }): RecordView {
    const columns = Object.keys(recordView(table).row)
    const row = Object.fromEntries(columns.map((name) => [name, view.row[name] ?? null]))
    const { exceptions: _own, attachments = this.#setAside.get(view.id) ?? [], ...rest } = view
    const files = table === 'appointment' && this.settings.appointmentAttachments ? { attachments } : {}
    this.#setAside.set(id, attachments)
    this.records.delete(view.id)
    this.#own.delete(view.id)
    this.#apart.delete(view.id)
    for (const { links, denied, questions } of this.mailboxes) {
      for (const link of links) {
        if (link.recordId !== view.id) continue
        Object.assign(link, { table, recordId: id, returned: false, returnedEver: false })
        delete link.recordVersion
      }
      if (denied.delete(view.id)) denied.add(id)
      const question = questions.get(view.id)
      if (questions.delete(view.id) && question) questions.set(id, question)
    }
    return this.changeRecord({ ...rest, ...files, table, id, row }, change)
  }

  makeRecord(table: ItemTable, row: Row, owner: Reference, more: Partial<RecordView> = {}): RecordView {
    return this.saveRecord(recordView(table, row, { id: `record-${this.next()}`, owner, ...more }))
  }

  /** What filters return to a user (SF-40), seen with the user's rights. */
  returns({ filters, user, denied }: Mailbox, { table, id, owner, row, parties }: RecordView): boolean {
    if (denied.has(id)) return false
    const filter = filters[isEvent({ table }) ? 'appointment' : (table as keyof Mailbox['filters'])]
    if (filter !== 'own') return filter === 'all'
    if (isMeeting({ table })) return parties.some(({ party }) => party?.id === user.id)
    if (table === SERVICE)
      return parties.some(({ role, party }) => role === PARTICIPATION.resource && party?.id === user.id)
    return owner.id === user.id && row['statecode'] === 0
  }

  /** What was deleted by whomever, to come back one day. */
  readonly deletedRecords: RecordView[] = []

  deleteRecord(view: RecordView): void {
    this.records.delete(view.id)
    this.deletedRecords.push(view)
  }

  // Items

  deleteItem(mailbox: Mailbox, item: Item): void {
    mailbox.items.delete(item.ref.id)
    mailbox.deletedItems.push(item)
  }

  putItem(mailbox: Mailbox, item: Item): Item {
    const kept = item.kind === 'event' ? tidied(this.#asked(mailbox, item)) : item
    const saved = { ...kept, ref: { ...item.ref, version: `v${this.next()}` }, modified: this.now }
    mailbox.items.set(item.ref.id, saved)
    return saved
  }

  /** Calendars ask guests anew where the organizer moves a meeting to come. */
  #asked(mailbox: Mailbox, item: CalendarItem): CalendarItem {
    const former = mailbox.items.get(item.ref.id)
    if (item.role !== 'organizer' || former?.kind !== 'event') return item
    const isToCome = (start: Local) => instantOf(start, item.fields.time.zone) > this.now.getTime()
    const starts = item.series ? startsOfItem(item) : [item.fields.time.start]
    const isWhole = isMoved(item, former) && starts.some(isToCome)
    const moved = isMoved(item, former) ? [] : movedStarts(item, former)
    for (const { letters } of this.mailboxes) noteMove(letters, item, isWhole ? 'whole' : moved)
    return isWhole ? unanswered(item) : unansweredAt(item, moved)
  }

  itemRef(folder: FolderId) {
    return { folder, id: `item-${this.next()}`, version: '' }
  }

  /** The organizer's mail server tells attendees, at once or as soon as mail arrives again. */
  distribute(organizer: Mailbox, meeting: CalendarItem, what: 'written' | 'removed'): void {
    // What somebody tells others about his copy of a service activity is a meeting of theirs beside their own copies.
    const token = tokenOf(meeting.fields.subject) ?? ''
    if (this.odd.services.has(token)) this.odd.copied.add(token)
    this.sent.push({ uid: meeting.uid ?? '', by: organizer.index, step: this.step })
    this.#post.push(() => this.#arrive(organizer, meeting, what))
    if (!this.isPostHeld) this.deliver()
  }

  /** What the server was asked to make, by a process that has died since: it is made when it is made. */
  readonly late: (() => void)[] = []

  /** Mail waits underway. */
  isPostHeld = false
  readonly #post: (() => void)[] = []

  deliver(): void {
    for (const arrive of this.#post.splice(0)) arrive()
  }

  /** An attendee's answer is told to the organizer, at once or as soon as mail arrives again. */
  reply(attendee: Mailbox, { uid }: CalendarItem, answer: Answer, start?: Local): void {
    this.#post.push(() => {
      for (const mailbox of this.mailboxes)
        for (const item of mailbox.items.values())
          if (item.kind === 'event' && item.uid === uid && item.role === 'organizer')
            this.putItem(mailbox, withAnswer(item, attendee.address, answer, start))
    })
    if (!this.isPostHeld) this.deliver()
  }

  /** Attendees get files along, under ids of their own. */
  #copyFor(mailbox: Mailbox, one: AttachmentInfo): AttachmentInfo {
    const id = `${one.id}@${mailbox.index}`
    this.contents.set(id, this.contents.get(one.id) ?? '')
    return { ...one, id }
  }

  /** The copies of attendees are made, changed or taken away. */
  #arrive(organizer: Mailbox, meeting: CalendarItem, what: 'written' | 'removed'): void {
    const invited = new Set((meeting.fields.attendees ?? []).map(({ address }) => address))
    for (const mailbox of this.mailboxes) {
      if (mailbox === organizer) continue
      const copy = [...mailbox.items.values()].find(
        (item): item is CalendarItem => item.kind === 'event' && item.uid === meeting.uid && item.role === 'attendee',
      )
      const isInvited = what === 'written' && invited.has(mailbox.address)
      if (!isInvited && copy) mailbox.items.delete(copy.ref.id)
      if (!isInvited) continue
      const { categories: _own, reminder: _theirs, ...fields } = meeting.fields
      const own = copy?.fields.categories ? { categories: copy.fields.categories } : {}
      const anew: CalendarItem = {
        ...meeting,
        ref: copy?.ref ?? this.itemRef('calendar'),
        attachments: meeting.attachments.map((one) => this.#copyFor(mailbox, one)),
        marks: copy?.marks ?? {},
        role: 'attendee',
        answer: copy && !isMoved(meeting, copy) ? copy.answer : 'none',
        organizer: { address: organizer.address },
        fields: { ...fields, ...own },
      }
      if (copy) noteMove(mailbox.letters, meeting, isMoved(meeting, copy) ? 'whole' : movedStarts(meeting, copy))
      this.putItem(mailbox, copy && isMoved(meeting, copy) ? anew : keepingAnswers(anew, copy))
    }
  }
}

/** What an organizer was told before the meeting was moved is said of another time. */
function noteMove(letters: readonly Letter[], { uid }: CalendarItem, moved: 'whole' | readonly Local[]): void {
  for (const one of letters)
    if (one.told > 0 && one.about?.uid === uid && (moved === 'whole' || moved.includes(one.asked.originalStart ?? '')))
      one.isAskedAnew = true
}

export function isMeeting({ table }: Pick<RecordView, 'table'>): boolean {
  return table === 'appointment' || table === SERIES
}

/** A meeting, or a service activity: what is in a calendar. */
export function isEvent(view: Pick<RecordView, 'table'>): boolean {
  return isMeeting(view) || view.table === SERVICE
}

export function organizerIn(view: RecordView): Reference | undefined {
  return view.parties.find(({ role }) => role === PARTICIPATION.organizer)?.party
}

/** The name by which people would say that two things are the same: unique for each that a person made. */
export function tokenOf(text: unknown): string | undefined {
  return typeof text === 'string' ? /T\d+/.exec(text)?.[0] : undefined
}

export function titleOf(item: Item): string | undefined {
  return item.kind === 'contact' ? item.fields.lastName : item.fields.subject
}

export function nameOfRecord(view: RecordView): string {
  return String(view.row[view.table === 'contact' ? 'lastname' : 'subject'] ?? '')
}

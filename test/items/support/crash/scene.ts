import type { Item, ItemKind, ItemMailbox } from '#mailbox'
import type { Reference } from '#records'
import type { Person } from '../../../incoming/support/company.ts'
import type { Edit } from '../../../prove/support/edits.ts'
import type { Office } from '../office.ts'
import type { Said } from './answers.ts'

/** Two mailboxes and the CRM, and what people did there by chance. */
export class Scene {
  /** Everything in order, for who has to understand a failure. */
  readonly story: string[] = []
  readonly office: Office
  readonly random: () => number
  readonly contacts: Reference[] = []
  readonly tasks: Reference[] = []
  readonly meetings: string[] = []
  /** Subjects of those that somebody elsewhere organizes. */
  readonly outside: string[] = []
  readonly edits: Edit[] = []
  readonly deleted = new Set<string>()
  /** What Ben answered, in order. */
  readonly answers: Said[] = []
  /** How often a meeting was changed so that its guests are to be told. */
  readonly deserved = new Map<string, number>()
  readonly #clients = new Map<string, { items: ItemMailbox; close: () => Promise<void> }>()
  #count = 0

  constructor(office: Office, random: () => number) {
    this.office = office
    this.random = random
  }

  /** Folders beside the main ones, and mail clients of their own. */
  async open(): Promise<void> {
    const { anna, ben, regarding, server } = this.office
    const { items } = server.account(anna.address)
    for (const kind of ['event', 'contact', 'task'] as const) items.createFolder(kind, SECOND[kind])
    for (const { mailboxId } of [anna, ben]) {
      const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
      const mailbox = await regarding.connect(setup as NonNullable<typeof setup>)
      this.#clients.set(mailboxId, { items: mailbox.items as ItemMailbox, close: () => mailbox.close() })
    }
  }

  async close(): Promise<void> {
    for (const { close } of this.#clients.values()) await close()
    await this.office.close()
  }

  /** What a person does by a mail client. */
  client({ mailboxId }: Person): ItemMailbox {
    return this.#clients.get(mailboxId)?.items as ItemMailbox
  }

  itemsOf(person: Person, kind: ItemKind): Item[] {
    const { items } = this.office.server.account(person.address)
    return items.folders.filter((folder) => folder.kind === kind).flatMap(({ path }) => items.list(path))
  }

  pathOf(person: Person, { ref }: Item): readonly string[] {
    const { items } = this.office.server.account(person.address)
    return items.folders.find(({ id }) => id === ref.folder)?.path ?? []
  }

  /** Both sides may come to tell of it: what one said and what came of the other. */
  deserve(subject: string): void {
    this.deserved.set(subject, (this.deserved.get(subject) ?? 0) + 1)
  }

  /** Said nowhere else, and no part of another. */
  name(kind: string): string {
    const name = `${kind} ${++this.#count}.`
    this.story.push(name)
    return name
  }

  /** The day of the next meeting: nobody is booked by something else (AP-53). */
  nextDay(): Date {
    return new Date(Date.UTC(2026, 5, 1 + this.meetings.length + this.outside.length))
  }

  oneOf<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.random() * list.length)]
  }
}

export const SECOND: Record<ItemKind, [string, string]> = {
  event: ['Calendar', 'Second'],
  contact: ['Contacts', 'Second'],
  task: ['Tasks', 'Second'],
}

export const subjectOf = ({ fields }: Item): string => ('subject' in fields ? (fields.subject ?? '') : '')

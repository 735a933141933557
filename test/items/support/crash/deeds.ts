import { sql } from 'kysely'
import type { Person } from '../../../incoming/support/company.ts'
import { type Scene, SECOND, subjectOf } from './scene.ts'

/** What people do with contacts and tasks, and with folders of any kind. */

export async function newContact(scene: Scene): Promise<void> {
  const { anna } = scene.office
  scene.contacts.push(await scene.office.create(anna, 'contact', { firstname: 'Kim', lastname: scene.name('Contact') }))
}

export async function newTask(scene: Scene): Promise<void> {
  scene.tasks.push(await scene.office.create(scene.office.anna, 'task', { subject: scene.name('Task') }))
}

export function newTrackedTask(scene: Scene): void {
  const fields = { status: 'notStarted', importance: 'normal', sensitivity: 'normal' } as const
  scene.office.make(scene.office.anna, {
    kind: 'task',
    fields: { ...fields, categories: ['$Tracked'], subject: scene.name('Tracked') },
  })
}

export async function changeContact(scene: Scene): Promise<void> {
  const contact = scene.oneOf(scene.contacts)
  const row = contact && (await scene.office.row(contact))
  if (!row) return
  const value = scene.name('Title')
  scene.edits.push({ name: String(row['lastname']), side: 'record', value, was: String(row['jobtitle'] ?? '') })
  await scene.office.change(contact, { jobtitle: value })
}

/** What the record says may be another thing by now: one of both is kept in the tray (B-70). */
export function sayInCard(scene: Scene): void {
  const { anna, server } = scene.office
  const card = scene.oneOf(scene.itemsOf(anna, 'contact'))
  if (card?.kind !== 'contact') return
  const value = scene.name('Job')
  const { lastName = '', jobTitle = '' } = card.fields
  scene.edits.push({ name: lastName, side: 'item', value, was: jobTitle })
  const patch = { kind: 'contact', set: { jobTitle: value } } as const
  server.account(anna.address).items.change(scene.pathOf(anna, card), card.ref.id, patch)
}

export function changeCard(scene: Scene): void {
  const { anna, server } = scene.office
  const card = scene.oneOf(scene.itemsOf(anna, 'contact'))
  if (!card) return
  const patch = { kind: 'contact', set: { mobile: scene.name('+49') } } as const
  server.account(anna.address).items.change(scene.pathOf(anna, card), card.ref.id, patch)
}

export async function deleteTask(scene: Scene): Promise<void> {
  const task = scene.oneOf(scene.tasks.splice(0, 1))
  const row = task && (await scene.office.row(task))
  if (!row) return
  scene.deleted.add(String(row['subject']))
  scene.story.push(`delete ${String(row['subject'])}`)
  await scene.office.remove(task)
}

/** Only of what is linked: what a crash left half made is made again. */
export async function deleteTaskItem(scene: Scene): Promise<void> {
  const { anna, server, regarding } = scene.office
  const item = scene.oneOf(scene.itemsOf(anna, 'task'))
  if (!item) return
  const { rows } = await sql`select 1 from item_link where item_id = ${item.ref.id} and state = 'linked'`.execute(
    regarding.database.sql,
  )
  if (!rows.length) return
  scene.deleted.add(subjectOf(item))
  scene.story.push(`delete the item of ${subjectOf(item)}`)
  server.account(anna.address).items.delete(scene.pathOf(anna, item), item.ref.id)
}

/** To another folder and back; it gets another id there. */
export function moveItem(scene: Scene): void {
  const { anna, server } = scene.office
  const kind = scene.oneOf(['contact', 'task', 'event'] as const) ?? 'task'
  // What bears no key yet, because a crash came first, could not be told from another.
  const item = scene.oneOf(scene.itemsOf(anna, kind).filter(({ marks }) => marks.key !== undefined))
  if (!item) return
  const path = scene.pathOf(anna, item)
  const target = path.length === 1 ? SECOND[kind] : path.slice(0, 1)
  scene.story.push(`move ${item.ref.id} to ${target.join('/')}`)
  server.account(anna.address).items.move(path, item.ref.id, target)
}

export function loseCursors(scene: Scene): void {
  const { anna, ben, server } = scene.office
  const person = scene.oneOf([anna, ben]) as Person
  const { items } = server.account(person.address)
  const folder = scene.oneOf(items.folders)
  if (!folder) return
  scene.story.push(`lose cursor of ${folder.path.join('/')} of ${person.address}`)
  items.invalidateCursors(folder.path)
}

import { type Deed, guardPlan, type ItemTable, type Link, match, planPairing, type RecordState } from '#items'
import { applyPatch, type Item } from '#mailbox'
import { agreedFiles, agreedOnRecord, takingOff } from '../../../../src/sync/items/apply/attachments.ts'
import { type Files, noFiles } from '../../../../src/sync/items/apply/files.ts'
import { beginningOf } from '../../../../src/sync/items/apply/intend.ts'
import { made } from '../../support/map.ts'
import { attach, filesOfRecord, identified, withoutRemoved } from './files.ts'
import { sendAnswers } from './letters.ts'
import { contextOf, observe } from './observe.ts'
import { isMeeting, type Mailbox, titleOf, tokenOf, type World } from './world.ts'

export interface Done {
  deed: Deed
  /** Of what the deed is about, before it. */
  before: { item?: Item; record?: RecordState }
}

/** One cycle of one mailbox, once answers are given; the process dies when no effects are left. */
export function cycle(world: World, mailbox: Mailbox, effects: { left: number }): { done: Done[]; held: Set<string> } {
  const context = contextOf(world, mailbox)
  const pairings = identified(world, match(observe(world, mailbox), context), context)
  const deeds = pairings.flatMap((pairing) => planPairing(pairing, context) ?? [])
  const guarded = guardPlan(deeds, context)
  mailbox.asked = new Set(guarded.questions.filter(({ extent }) => extent !== undefined).map(({ kind }) => kind))
  if (mailbox.asked.size === 0) delete mailbox.cycleAnswer
  for (const deed of guarded.go) {
    const about = aboutOf(deed)
    if (deed.question && !mailbox.questions.has(about)) mailbox.questions.set(about, { question: deed.question.kind })
  }
  const done: Done[] = []
  for (const deed of guarded.go) {
    if (!deed.item && !deed.record && !deed.link) continue
    const { item, record } = deed.pairing
    done.push({
      deed,
      before: {
        ...(typeof item === 'object' && item.kind !== 'unreadable' && { item }),
        ...(record !== undefined && { record }),
      },
    })
    const isJoined = deed.pairing.matchedBy !== undefined || deed.pairing.link?.state === 'ignored'
    if (isJoined && typeof item === 'object' && item.kind === 'event')
      world.odd.joined.add(tokenOf(titleOf(item)) ?? '')
    if (!carryOut(world, mailbox, deed, effects)) break
  }
  if (effects.left > 0) sendAnswers(world, mailbox)
  // Nothing passes while a former organizer is waited for (AP-43).
  const waiting = guarded.go.filter(({ failure }) => failure?.code === 'FormerOrganizer')
  return { done, held: new Set([...guarded.held, ...waiting].flatMap(({ pairing }) => pairing.link?.id ?? [])) }
}

function aboutOf({ pairing: { record, item } }: Deed): string {
  if (typeof item === 'object') return item.ref.id
  return typeof record === 'object' ? record.id : ''
}

/** Intent, mailbox, records and link; false: the process died. */
function carryOut(world: World, mailbox: Mailbox, deed: Deed, effects: { left: number }): boolean {
  const dies = () => --effects.left <= 0
  const isFirst = deed.record !== undefined && deed.item !== undefined
  const files = noFiles()
  const first = isFirst ? writeRecordFirst(world, mailbox, deed, files) : undefined
  if (isFirst && dies()) return false
  const link = first?.made ?? intend(world, mailbox, deed, first?.known ?? deed.pairing.link)
  if (dies()) {
    // The request was on its way, every other time.
    if (deed.item?.do === 'create' && world.step % 2 === 0) world.late.push(() => arrive(world, mailbox, deed))
    return false
  }
  const isTriedAgain = deed.item?.do === 'create' && deed.pairing.link?.key === deed.item.key
  const bare = writeItem(world, mailbox, deed)
  const copies = deed.item && deed.item.do !== 'remove' && !isTriedAgain ? (deed.item.attach ?? []) : []
  const isDead = deed.item !== undefined && dies()
  const item = bare && !isDead ? attach(world, mailbox, bare, copies, files, dies) : bare
  if (isDead || (bare && !item)) {
    for (const { id } of isDead ? [] : copies) world.odd.attached.add(world.contents.get(id) ?? '')
    if (bare?.kind === 'event' && deed.item?.do === 'create') isUnknownElsewhere(world, bare)
    return false
  }
  const written = first?.view ?? (isFirst ? undefined : writeRecord(world, deed, files))
  const view = shareUid(world, deed, item, link) ?? written
  const at = mailbox.links.findIndex((one) => one.id === link?.id)
  mailbox.untrack.delete(deed.pairing.link?.itemId ?? '')
  mailbox.questions.delete(aboutOf(deed))
  if (deed.link === 'none') {
    if (at >= 0) mailbox.links.splice(at, 1)
  } else if (isTriedAgain && link && item) {
    // It may have been made before, of what its record said then: looked at again.
    mailbox.links[at] = { ...link, itemId: item.ref.id, folder: item.ref.folder }
  } else if (deed.link && link) {
    const { itemId: _old, ...rest } = link
    const kept = deed.item?.do === 'create' || link.itemId === undefined ? rest : link
    const saved: Link = {
      ...kept,
      ...(agreedFiles(deed.link, files) as Partial<Link>),
      ...(item && { itemId: item.ref.id, itemVersion: item.ref.version, folder: item.ref.folder }),
      ...(item?.uid && { uid: item.uid }),
      ...(view && { recordVersion: view.version }),
    }
    if (deed.record?.do === 'convert' && deed.record.table === 'appointment') delete saved.recordVersion
    if (at >= 0) mailbox.links[at] = saved
    else mailbox.links.push(saved)
  }
  return true
}

/** Until the organizer's next cycle nobody knows that an invitation tracked elsewhere is this meeting. */
function isUnknownElsewhere(world: World, item: Item): void {
  world.odd.passedOn.add(tokenOf(titleOf(item)) ?? '')
}

/** Where its record has come apart from the mailbox meanwhile, it is something that was linked before (AP-10). */
function arrive(world: World, mailbox: Mailbox, deed: Deed): void {
  const { record } = deed.pairing
  const id = typeof record === 'object' ? record.id : undefined
  const isKnown = mailbox.links.some(({ recordId, state }) => recordId === id && /creating|linked/.test(state))
  const item = writeItem(world, mailbox, deed)
  if (item && !isKnown) world.odd.copied.add(tokenOf(titleOf(item)) ?? '')
  if (item?.kind === 'event') isUnknownElsewhere(world, item)
}

/** The CRM may refuse it, so it is written first; a new record is linked at once, with nothing agreed on (SC-33). */
function writeRecordFirst(world: World, mailbox: Mailbox, deed: Deed, files: Files) {
  const view = writeRecord(world, deed, files)
  const before = deed.pairing.link
  if (deed.record?.do !== 'create' || !view) {
    const agreed = before && agreedOnRecord(deed, before.agreed, files)
    if (!agreed || agreed === before.agreed) return { view }
    const known = { ...before, agreed }
    save(mailbox, known)
    return { view, known }
  }
  const made: Link = { ...newLink(world, deed), state: 'linked' }
  save(mailbox, made)
  return { view, made }
}

/** The link as it is before anything is done to the mailbox. */
function intend(world: World, mailbox: Mailbox, deed: Deed, before: Link | undefined): Link | undefined {
  const { link, item } = deed
  if (item?.do === 'remove' && before) save(mailbox, { ...before, state: 'removing' })
  if (link === undefined || link === 'none') return before
  if (item?.do !== 'create') {
    const marked = before && takingOff({ deed }, before)
    if (marked) save(mailbox, marked)
    return marked ?? before ?? newLink(world, deed)
  }
  const agreed = before?.key === item.key ? before.agreed : beginningOf(link)
  const anew: Link = { ...(before ?? newLink(world, deed)), agreed, key: item.key, state: 'creating' }
  delete anew.itemId
  save(mailbox, anew)
  return anew
}

function newLink(world: World, { link, pairing, item }: Deed): Link {
  const wish: Partial<Link> = link === undefined || link === 'none' ? {} : link
  // Looked at again, whatever happens; what it does not carry yet nobody has taken off.
  const { recordVersion: _record, itemVersion: _item, categorized, ...sides } = wish
  return {
    table: 'appointment',
    recordId: '',
    key: '',
    returned: false,
    returnedEver: false,
    state: 'linked',
    ...pairing.link,
    ...sides,
    ...(item?.do === 'create' && categorized !== undefined && { categorized }),
    agreed: { record: {}, item: {} },
    id: pairing.link?.id ?? `link-${world.next()}`,
    kind: kindOf(wish.table ?? pairing.link?.table ?? 'appointment'),
  }
}

function save({ links }: Mailbox, link: Link): void {
  const at = links.findIndex(({ id }) => id === link.id)
  if (at >= 0) links[at] = link
  else links.push(link)
}

function kindOf(table: ItemTable): Link['kind'] {
  return table === 'contact' ? 'contact' : table === 'task' ? 'task' : 'event'
}

function writeItem(world: World, mailbox: Mailbox, { item: deed, pairing }: Deed): Item | undefined {
  if (!deed) return undefined
  const present = typeof pairing.item === 'object' && pairing.item.kind !== 'unreadable' ? pairing.item : undefined
  if (deed.do === 'remove') {
    if (!present) throw new Error('There is nothing to remove.')
    world.deleteItem(mailbox, present)
    if (present.kind !== 'event') return undefined
    if (deed.notify !== 'none') world.distribute(mailbox, present, 'removed')
    // Attendees keep theirs, beside the one that comes should the meeting be opened again.
    else if (present.fields.attendees?.length) world.odd.copied.add(tokenOf(titleOf(present)) ?? '')
    return undefined
  }
  if (deed.do === 'update') {
    if (!present || !mailbox.items.has(present.ref.id)) throw new Error('There is nothing to update.')
    const saved = world.putItem(mailbox, withoutRemoved(applyPatch(present, deed.patch), deed))
    if (saved.kind === 'event' && deed.notify !== 'none') world.distribute(mailbox, saved, 'written')
    return saved
  }
  const same = [...mailbox.items.values()].find(({ marks }) => marks.key === deed.key)
  if (same) return same
  const anew = made(deed.item)
  const uid = anew.kind === 'event' ? { uid: `uid-${world.next()}`, organizer: { address: mailbox.address } } : {}
  const saved = world.putItem(mailbox, {
    ...anew,
    ...uid,
    ref: world.itemRef(deed.folder),
    marks: { ...deed.item.marks, key: deed.key },
  })
  if (saved.kind === 'event' && deed.notify !== 'none') world.distribute(mailbox, saved, 'written')
  return saved
}

function writeRecord(world: World, { record: deed, pairing }: Deed, files: Files) {
  const present = typeof pairing.record === 'object' ? pairing.record : undefined
  if (deed?.do === 'delete') {
    if (present) world.deleteRecord(present)
    return undefined
  }
  if (deed?.do === 'update' && present) {
    return world.changeRecord(filesOfRecord(world, present, deed.change, files), deed.change)
  }
  if (deed?.do === 'convert' && present) return world.convertRecord(present, deed.table, deed.id, deed.change)
  if (deed?.do !== 'create') return undefined
  const { ownerid, ...values } = deed.change.values
  const owner = ownerid as unknown as { table: string; id: string }
  const view = world.makeRecord(deed.table, {}, owner, { id: deed.id })
  return world.changeRecord(filesOfRecord(world, view, deed.change, files), { ...deed.change, values })
}

/** The UID that the server gave is the meeting's from now on (AP-57). */
function shareUid(world: World, { item: itemDeed, pairing }: Deed, item: Item | undefined, link: Link | undefined) {
  const present = typeof pairing.record === 'object' ? pairing.record : undefined
  if (itemDeed?.do !== 'create' || item?.kind !== 'event' || link?.organizes === false) return undefined
  if (!present || !isMeeting(present) || item.uid === undefined) return undefined
  return world.saveRecord({ ...present, row: { ...present.row, globalobjectid: item.uid, recurrenceid: 'series' } })
}

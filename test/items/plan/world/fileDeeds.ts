import type { AttachmentCopy } from '#items'
import type { Done } from './cycle.ts'
import { must } from './said.ts'
import { type Mailbox, nameOfRecord, titleOf, tokenOf, type World } from './world.ts'

/** AP-24, AP-85: what comes under a name is what a person said of it last on one of the sides, and nothing is copied over itself. */
export function checkFileDeed(world: World, mailbox: Mailbox, { deed, before: { item, record } }: Done): void {
  const view = typeof record === 'object' ? record : undefined
  const title = view ? nameOfRecord(view) : item && titleOf(item)
  const token = tokenOf(title) ?? ''
  if (isOdd(world, token)) return
  // What its user says in Outlook, who may not say it in the CRM, lasts until the record has its way (SE-13, AP-94).
  const hasItsWay = !mailbox.may.write || deed.pairing.link?.state === 'dormant'
  const check = (present: readonly Named[], add: readonly AttachmentCopy[] = [], remove: readonly string[] = []) => {
    const gone = present.filter(({ id }) => remove.includes(id)).map(({ name }) => name)
    for (const name of new Set([...gone, ...add.map((one) => one.name)])) {
      const was = contentOf(world, present, name)
      const now = contentOf(world, add, name)
      const said = world.filesSaid.get(`${token} ${name}`) ?? {}
      const about = { name, was, now, said, conflicts: deed.conflicts, link: deed.pairing.link, trace: deed.trace }
      must(was !== now, 'AP-85: a file was copied over itself.', about)
      if (hasItsWay && now === contentOf(world, view?.attachments ?? [], name)) continue
      const isSaid = said.record === now || said.item === now || world.odd.attached.has(now ?? '')
      must(isSaid, 'AP-24: a file is what nobody said last.', about)
    }
  }
  if (deed.record && deed.record.do !== 'delete') {
    const { add, remove } = deed.record.change.attachments ?? {}
    check(view?.attachments ?? [], add, remove)
  }
  if (!deed.item || deed.item.do === 'remove') return
  const patch = deed.item.do === 'update' && deed.item.patch.kind === 'event' ? deed.item.patch : undefined
  check(deed.item.do === 'update' ? (item?.attachments ?? []) : [], deed.item.attach, patch?.attachments?.remove)
}

interface Named {
  id: string
  name: string
}

function contentOf(world: World, all: readonly Named[], name: string): string | null {
  const found = all.find((one) => one.name === name)
  return found ? (world.contents.get(found.id) ?? null) : null
}

/** There is more than one thing of this name, or it is another one's by now. */
function isOdd({ odd }: World, token: string): boolean {
  return [odd.copied, odd.passedOn, odd.joined].some((tokens) => tokens.has(token))
}

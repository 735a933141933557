import { type ItemCapabilities, MailboxError, SimulatedServer } from '#mailbox'
import { systemClock } from '#time'
import type { ItemBench } from '../conformance/items/bench.ts'
import { titleOf } from '../conformance/items/samples.ts'
import { itemConformance } from '../conformance/items.ts'

function bench(can: Partial<ItemCapabilities>): () => Promise<ItemBench> {
  return async () => {
    const server = new SimulatedServer({ clock: systemClock, items: can })
    const { items: hands, address } = server.account('sales@contoso.example')
    const mailbox = await server.open(address)
    if (!mailbox.items) throw new Error('The simulated server has no items')
    const idOf = (path: readonly string[], title: string) => {
      const item = hands.list(path).find((one) => titleOf(one) === title)
      if (!item) throw new Error(`${title} is not in ${path.join('/')}`)
      return item.ref.id
    }
    const lost = new MailboxError('transient', 'ConnectFailure', 'The answer was lost. Try again.')
    return {
      mailbox,
      items: mailbox.items,
      address,
      other: {
        make: (path, item) => done(() => hands.make(path, item)),
        change: (path, title, patch) => done(() => hands.change(path, idOf(path, title), patch)),
        delete: (path, title) => done(() => hands.delete(path, idOf(path, title))),
        move: (path, title, to) => done(() => hands.move(path, idOf(path, title), to)),
        createFolder: (kind, path) => done(() => hands.createFolder(kind, path)),
        list: (path) => Promise.resolve(hands.list(path)),
        putUnknown: (path, title) => done(() => hands.setUnknown(path, idOf(path, title), 'X-MOON', 'full')),
        hasUnknown: (path, title) => Promise.resolve(hands.unknownOf(path, idOf(path, title))['X-MOON'] === 'full'),
        invalidateCursor: (path) => done(() => hands.invalidateCursors(path)),
        loseNextAnswer: () => {
          server.faults.plan({ error: lost, moment: 'after' })
        },
        meetingMail: () => Promise.resolve(server.meetingMail),
        invite: async (organizer, item) => {
          const boss = await server.open(server.account(organizer).address)
          const [calendar] = (await boss.items?.folders()) ?? []
          const attendees = [{ address, role: 'required' as const, answer: 'none' as const }]
          const meeting = { ...item, fields: { ...item.fields, attendees } }
          await boss.items?.create(calendar?.id ?? '', meeting, 'invitation', { notify: can.notify?.at(-1) ?? 'all' })
          await boss.close()
        },
      },
      close: () => Promise.resolve(),
    }
  }
}

itemConformance('items of a simulated server that can do everything', bench({}), { runs: 60 })
itemConformance(
  'items of a simulated server that must be compared and lacks fields',
  bench({
    removals: 'compared',
    lacks: { task: ['percent'], contact: ['spouse', 'children'] },
    attachments: false,
    choosesUid: false,
  }),
  { runs: 60 },
)
itemConformance(
  'items of a simulated server that tells all attendees or none',
  bench({ notify: ['none', 'all'], respond: false, push: false }),
)

function done(work: () => unknown): Promise<void> {
  work()
  return Promise.resolve()
}

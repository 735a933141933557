import { SimulatedServer, type SimulationOptions } from '#mailbox'
import { systemClock } from '#time'
import type { Bench } from '../conformance/bench.ts'
import { conformance } from '../conformance.ts'

function bench(can: NonNullable<SimulationOptions['can']>): () => Promise<Bench> {
  return async () => {
    const server = new SimulatedServer({ clock: systemClock, can })
    const account = server.account('sales@contoso.example')
    const mailbox = await server.open(account.address)
    const idOf = (path: readonly string[], messageId: string) => {
      const item = account.list(path).find((item) => item.messageId === messageId)
      if (!item) throw new Error(`${messageId} is not in ${path.join('/')}`)
      return item.id
    }
    return {
      mailbox,
      other: {
        deliver: (path, source, options = {}) => done(() => account.deliver(path, source, options)),
        moveByUser: (path, id, to) => done(() => account.move(path, idOf(path, id), to)),
        deleteByUser: (path, id) => done(() => account.delete(path, idOf(path, id))),
        setSeenByUser: (path, id, seen) => done(() => account.set(path, idOf(path, id), { seen })),
        setCategoryByUser: (path, id, category, on) =>
          done(() => account.categorize(path, idOf(path, id), on ? { add: [category] } : { remove: [category] })),
        createFolder: (path) => done(() => account.createFolder(path)),
        renameFolder: (path, to) => done(() => account.renameFolder(path, to)),
        deleteFolder: (path) => done(() => account.deleteFolder(path)),
        list: (path) =>
          Promise.resolve(
            account.list(path).map(({ messageId = '', seen, categories }) => ({ messageId, seen, categories })),
          ),
        breakConnection: () => done(() => server.cut()),
        invalidateCursor: (path) => done(() => account.invalidateCursors(path)),
      },
      close: () => Promise.resolve(),
    }
  }
}

conformance('a simulated server that can do everything', bench({}), { runs: 60 })
conformance(
  'a simulated server that must be compared',
  bench({ removals: 'compared', flagChanges: 'compared', stableFolderIds: false }),
  { runs: 60 },
)
conformance('a simulated server that compares removals only', bench({ removals: 'compared' }), { runs: 60 })
conformance(
  'a simulated server that can do hardly anything',
  bench({ write: false, categories: false, move: false, send: false, push: false }),
  { runs: 30 },
)

function done(work: () => unknown): Promise<void> {
  work()
  return Promise.resolve()
}

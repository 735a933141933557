import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { Copy, sorted } from './copy.ts'
import { letter } from './letters.ts'
import { folderAt, idOf, TRACKED, use } from './use.ts'

/** What the person, the mail server and the engine may do. `message` picks one of those that are in the folder. */
type Act =
  | { do: 'deliver' | 'crash' }
  | { do: Deed; message: number; on: boolean }
  | { do: 'moveBack'; message: number }
  | { do: 'listen'; pageSize: number; pages: number; meanwhile: Act | undefined }

type Deed = 'seen' | 'category' | 'delete' | 'moveAway' | 'mark'

const message = fc.nat(50)
const deed: fc.Arbitrary<Act> = fc.oneof(
  fc.constant<Act>({ do: 'deliver' }),
  fc
    .tuple(fc.constantFrom<Deed[]>('seen', 'category', 'delete', 'moveAway', 'mark'), message, fc.boolean())
    .map(([what, message, on]): Act => ({ do: what, message, on })),
  message.map((message): Act => ({ do: 'moveBack', message })),
)
const listen: fc.Arbitrary<Act> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.option(deed, { nil: undefined }))
  .map(([pageSize, pages, meanwhile]): Act => ({ do: 'listen', pageSize, pages, meanwhile }))
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: deed },
  { weight: 1, arbitrary: fc.constant<Act>({ do: 'crash' }) },
  { weight: 2, arbitrary: listen },
)

export function modelConforms(setup: () => Promise<Bench>, runs: number): void {
  describe('model', () => {
    test('B-13, law 1: after any history the copy made from the pages equals the folder', async () => {
      const bench = await use(setup)
      let run = 0
      const property = fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 25 }), async (acts) => {
        const history = await History.begin(bench, run++)
        for (const act of acts) await history.play(act)
        await history.copy.catchUp(3)
        await history.copy.catchUp(3)
        expect(await history.copy.described()).toEqual(sorted(await bench.other.list(history.here)))
        await history.end()
      })
      await fc.assert(property, { numRuns: runs, endOnFailure: false, interruptAfterTimeLimit: 40_000 })
    })
  })
}

class History {
  readonly bench: Bench
  readonly here: string[]
  readonly away: string[]
  readonly copy: Copy
  #delivered = 0

  static async begin(bench: Bench, run: number): Promise<History> {
    const [here, away] = [[`Here ${run}`], [`Away ${run}`]]
    await bench.other.createFolder(here)
    await bench.other.createFolder(away)
    return new History(bench, here, away, (await folderAt(bench.mailbox, here)).id)
  }

  constructor(bench: Bench, here: string[], away: string[], folder: string) {
    this.bench = bench
    this.here = here
    this.away = away
    this.copy = new Copy(bench.mailbox, folder)
  }

  async end(): Promise<void> {
    await this.bench.other.deleteFolder(this.here)
    await this.bench.other.deleteFolder(this.away)
  }

  async play(act: Act): Promise<void> {
    const { other } = this.bench
    switch (act.do) {
      case 'deliver': {
        const id = `<n${this.#delivered++}@adatum.example>`
        return other.deliver(this.here, letter({ id }))
      }
      case 'moveBack': {
        const messageId = await pick(this.bench, this.away, act.message)
        if (messageId) await other.moveByUser(this.away, messageId, this.here)
        return
      }
      case 'listen': {
        const { meanwhile, pageSize, pages } = act
        this.copy.save()
        await this.copy.follow({ pageSize, pages, ...(meanwhile && { during: () => this.play(meanwhile) }) })
        return
      }
      case 'crash': {
        this.copy.crash()
        return
      }
      case 'seen':
      case 'delete':
      case 'moveAway':
      case 'category':
      case 'mark':
        return this.#playOn(await pick(this.bench, this.here, act.message), act.do, act.on)
    }
  }

  async #playOn(messageId: string | undefined, what: Deed, on: boolean): Promise<void> {
    if (!messageId) return
    const { mailbox, other } = this.bench
    if (what === 'seen') return other.setSeenByUser(this.here, messageId, on)
    if (what === 'delete') return other.deleteByUser(this.here, messageId)
    if (what === 'moveAway') return other.moveByUser(this.here, messageId, this.away)
    if (!mailbox.can.categories) return
    if (what === 'category') return other.setCategoryByUser(this.here, messageId, TRACKED, on)
    const id = await idOf(mailbox, this.copy.folder, messageId)
    await mailbox.mark(this.copy.folder, [id], on ? { add: ['Blue'] } : { remove: ['Blue'] })
  }
}

async function pick({ other }: Bench, folder: string[], index: number): Promise<string | undefined> {
  const items = sorted(await other.list(folder))
  return items[index % Math.max(items.length, 1)]?.messageId
}

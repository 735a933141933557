import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ItemKind } from '#mailbox'
import type { ItemBench } from './bench.ts'
import { sample, titleOf } from './samples.ts'
import { ItemCopy, mainFolder, QUIET, retitle, use, writable } from './use.ts'

type Act =
  | { do: 'make' | 'create' | 'crash' }
  | { do: 'change' | 'delete' | 'away' | 'back' | 'update' | 'remove'; which: number }
  | { do: 'listen'; pageSize: number; pages: number }

const which = fc.nat(20)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Act[]>({ do: 'make' }, { do: 'create' }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('change', 'delete', 'away', 'back', 'update', 'remove'), which }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('listen'),
      pageSize: fc.integer({ min: 1, max: 3 }),
      pages: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Act>({ do: 'crash' }) },
)

/** After any history the copy made from pages is the folder, however often the reader crashed. */
export function itemModelConforms(setup: () => Promise<ItemBench>, runs: number): void {
  describe('model of items', () => {
    test('law 1, B-13: after any history of both sides and crashes the copy made from pages equals the folder', async () => {
      const bench = await use(setup)
      let run = 0
      const kinds = writable(bench.items)
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...kinds), fc.array(act, { maxLength: 25 }), async (kind, acts) => {
          const history = await ItemHistory.begin(bench, kind, ++run)
          for (const one of acts) await history.play(one)
          await history.copy.follow({ pageSize: 3 })
          expect(await history.copy.titles()).toEqual(await history.titles())
        }),
        { numRuns: runs, endOnFailure: true, interruptAfterTimeLimit: 40_000 },
      )
    }, 60_000)
  })
}

class ItemHistory {
  readonly bench: ItemBench
  readonly kind: ItemKind
  readonly here: string[]
  readonly away: string[]
  readonly copy: ItemCopy
  readonly #name: string
  #made = 0
  #saved: { cursor: string | undefined; refs: ItemCopy['refs'] } = { cursor: undefined, refs: new Map() }

  static async begin(bench: ItemBench, kind: ItemKind, run: number): Promise<ItemHistory> {
    const { path } = await mainFolder(bench.items, kind)
    const [here, away] = [
      [...path, `Here ${run}`],
      [...path, `There ${run}`],
    ]
    await bench.other.createFolder(kind, here)
    await bench.other.createFolder(kind, away)
    const folder = (await bench.items.folders()).find((one) => one.path.join() === here.join())
    return new ItemHistory(bench, kind, here, away, folder?.id ?? '', `r${run}`)
  }

  constructor(bench: ItemBench, kind: ItemKind, here: string[], away: string[], folder: string, name: string) {
    this.bench = bench
    this.kind = kind
    this.here = here
    this.away = away
    this.#name = name
    this.copy = new ItemCopy(bench.items, folder)
  }

  async titles(path = this.here): Promise<string[]> {
    return (await this.bench.other.list(path)).map(titleOf).sort()
  }

  async play(one: Act): Promise<void> {
    const { items, other } = this.bench
    const title = `${this.#name} ${this.#made++}`
    if (one.do === 'make') return other.make(this.here, sample(this.kind, title))
    if (one.do === 'create') {
      await items.create(this.copy.folder, sample(this.kind, title), title.replace(' ', '-'), QUIET)
    } else if (one.do === 'listen') {
      this.#saved = { cursor: this.copy.cursor, refs: new Map(this.copy.refs) }
      await this.copy.follow({ pageSize: one.pageSize, pages: one.pages })
    } else if (one.do === 'crash') {
      this.copy.cursor = this.#saved.cursor
      this.copy.refs.clear()
      for (const [id, ref] of this.#saved.refs) this.copy.refs.set(id, ref)
    } else if ('which' in one) await this.#playOn(one.do, one.which, title)
  }

  async #playOn(deed: string, at: number, title: string): Promise<void> {
    const { items, other } = this.bench
    const titles = await this.titles(deed === 'back' ? this.away : this.here)
    const name = titles[at % Math.max(1, titles.length)]
    if (name === undefined) return
    if (deed === 'change') return other.change(this.here, name, retitle(this.kind, title))
    if (deed === 'delete') return other.delete(this.here, name)
    if (deed === 'away') return other.move(this.here, name, this.away)
    if (deed === 'back') return other.move(this.away, name, this.here)
    const item = (await other.list(this.here)).find((one) => titleOf(one) === name)
    const [read] = item ? await items.get(this.copy.folder, [item.ref.id]) : []
    if (!read) return
    if (deed === 'remove') return items.remove(read.ref, QUIET)
    await items.update(read.ref, retitle(this.kind, title), QUIET)
  }
}

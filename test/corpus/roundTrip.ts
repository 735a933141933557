import { describe, expect, test } from 'vitest'
import type { Item, ItemMailbox, ItemRef, UnreadableItem } from '#mailbox'
import { weekly } from '../mailbox/conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET, readEvent } from '../mailbox/conformance/items/use.ts'
import { eventOf, readCorpus, type Sample, type Unable } from './corpus.ts'
import { changes } from './unchanged.ts'

interface Options {
  /** Whose limits hold; nobody's where it is not said. */
  who?: Unable
  /** The rule is kept in its very words. */
  exactly?: boolean
}

/**
 * Writes every series of the corpus by a connector, dealt out among some mailboxes, and reads it back; or sees it refused, by the
 * part that cannot be said.
 */
export function roundTrips(
  name: string,
  open: () => readonly ItemMailbox[],
  { who, exactly = false }: Options = {},
): void {
  const samples = readCorpus()
  const expressible = samples.filter(({ cannot }) => !who || cannot[who] === undefined)
  const others = samples.filter((one) => !expressible.includes(one))

  describe(`the corpus through ${name}`, () => {
    test('AP-70, AP-71: every series that can be said is read as it was written, also when it was changed beside', async () => {
      expect(expressible.length).toBeGreaterThan(180)
      expect(await dealt(expressible, open(), roundTrip)).toEqual([])
    }, 60_000)

    if (!who) return

    test('AP-75: what cannot be said is refused by its part, and what was there stays as it is', async () => {
      expect(others.length).toBeGreaterThan(0)
      expect(await dealt(others, open(), refusal)).toEqual([])
    }, 60_000)
  })

  async function roundTrip(items: ItemMailbox, own: readonly Sample[]): Promise<string[]> {
    const { id } = await mainFolder(items, 'event')
    const refs = new Map<Sample, ItemRef>()
    const told: string[] = []
    for (const sample of own) {
      try {
        refs.set(sample, await items.create(id, eventOf(sample), `corpus-${samples.indexOf(sample)}`, QUIET))
      } catch (error) {
        told.push(`${sample.name}: refused: ${(error as Error).message}`)
      }
    }
    const read = new Map(
      (
        await items.get(
          id,
          [...refs.values()].map((ref) => ref.id),
        )
      ).map((item) => [item.ref.id, item]),
    )
    for (const [sample, ref] of refs) {
      told.push(...changesIn(sample, read.get(ref.id)))
      if (sample.series.cancelled.length + sample.series.exceptions.length === 0) continue
      const now = await items.update(ref, { kind: 'event', set: { showAs: 'tentative' } }, QUIET)
      told.push(...changesIn(sample, await readEvent(items, now)))
    }
    return told
  }

  async function refusal(items: ItemMailbox, own: readonly Sample[]): Promise<string[]> {
    const { id } = await mainFolder(items, 'event')
    const plain = await items.create(id, weekly('Plain'), 'plain', QUIET)
    const before = await readEvent(items, plain)
    const listing = new ItemCopy(items, id)
    await listing.follow()
    const told: string[] = []
    for (const sample of own) {
      const part = (who && sample.cannot[who]) ?? ''
      const key = `refused-${samples.indexOf(sample)}`
      const causes = [
        await causeOf(items.create(id, eventOf(sample), key, QUIET)),
        ...(isPatch(sample) ? [await causeOf(items.update(plain, patchOf(sample), QUIET))] : []),
      ]
      const wrong = causes.filter((cause) => !/^(unsupported|permanent) /.test(cause) || !cause.includes(part))
      told.push(...wrong.map((cause) => `${sample.name}: ${cause}`))
    }
    expect(await readEvent(items, plain)).toEqual(before)
    expect((await listing.follow()).upserts).toEqual([])
    return told
  }

  function changesIn(sample: Sample, item: Item | UnreadableItem | undefined): string[] {
    const told =
      item?.kind === 'event'
        ? changes(sample, item, { exactly })
        : [item?.kind === 'unreadable' ? item.error.message : 'gone']
    return told.map((what) => `${sample.name}: ${what}`)
  }
}

/** Each mailbox gets its share; all are at work at once. */
async function dealt(
  samples: readonly Sample[],
  mailboxes: readonly ItemMailbox[],
  work: (items: ItemMailbox, own: readonly Sample[]) => Promise<string[]>,
): Promise<string[]> {
  const told = await Promise.all(
    mailboxes.map((items, at) =>
      work(
        items,
        samples.filter((_, index) => index % mailboxes.length === at),
      ),
    ),
  )
  return told.flat()
}

/** Dates besides the pattern are no part of a patch. */
function isPatch({ series }: Sample): boolean {
  return series.added === undefined
}

/** The patch that makes a series of another. */
function patchOf({ time, series }: Sample) {
  const occurrences = [
    ...series.exceptions.map(({ originalStart, fields: set, cleared: clear = [] }) => ({ originalStart, set, clear })),
    ...series.cancelled.map((originalStart) => ({ originalStart, cancel: true as const })),
  ]
  return { kind: 'event' as const, set: { time }, recurrence: series.recurrence, occurrences }
}

async function causeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'it was taken'
  } catch (error) {
    const { kind, message } = error as { kind?: string; message: string }
    return `${kind ?? ''} ${message}`
  }
}

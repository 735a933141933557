import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../support/database.ts'
import { accountOf, type Desk, expectTracked, newDesk, openWorksOn, type Works } from './support/works.ts'

describe.each(engines)('a watch that is cut, on %s', (engine) => {
  let works: Works
  beforeAll(async () => {
    works = await openWorksOn(engine, { watches: 100 })
  })
  afterAll(() => works?.close())

  const isWatched = async (mailboxId: string) =>
    (await works.regarding.schedule.statusOf(mailboxId))[0]?.hints !== undefined

  test.each(['before', 'midst'] as const)(
    'B-10, law 5: %s, at IDLE: the mailbox lives by its sweep, and is watched again',
    async (moment) => {
      works.cut.commands.length = 0
      works.cut.cutAt({ command: / IDLE$/, moment, bytes: 4 })
      const desk = await newDesk(works)
      await expect.poll(() => works.cut.commands.includes('IDLE')).toBe(true)
      await atRest(desk)
      const ids = [await desk.post()]
      expect((await works.cycle(desk)).error).toBeUndefined()
      await expect.poll(() => isWatched(desk.mailboxId)).toBe(true)
      await atRest(desk)
      await expectTracked(works, desk, ids)
      // From here on nobody moves the clock: only a hint can bring the next message in.
      ids.push(await desk.post())
      await expect.poll(() => finished(desk, 2), { timeout: 10_000 }).toBe(true)
      await expectTracked(works, desk, ids)
    },
  )

  test('B-10: a worker that starts again watches at once: what came meanwhile and comes after is tracked in seconds', async () => {
    const desks = [await newDesk(works), await newDesk(works), await newDesk(works)] as const
    for (const desk of desks) {
      await expect.poll(() => isWatched(desk.mailboxId)).toBe(true)
      await atRest(desk)
    }
    const [early, late, both] = desks
    const ids: string[] = []
    await works.restart(async () => {
      for (const desk of desks) expect(await isWatched(desk.mailboxId)).toBe(false)
      ids.push(await early.post(), await both.post())
    })
    await expect.poll(() => isWatched(late.mailboxId)).toBe(true)
    await atRest(late)
    ids.push(await late.post())
    await expect.poll(() => finished(early, 1), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => finished(late, 1), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => finished(both, 1), { timeout: 10_000 }).toBe(true)
    await atRest(both)
    ids.push(await both.post())
    await expect.poll(() => finished(both, 2), { timeout: 10_000 }).toBe(true)
    const [first, second, third, fourth] = ids as [string, string, string, string]
    await expectTracked(works, early, [first])
    await expectTracked(works, late, [third])
    await expectTracked(works, both, [second, fourth])
  })

  /** No cycle runs, and none will before the next sweep. */
  async function atRest({ mailboxId }: Desk): Promise<void> {
    const isBusy = async () => {
      const [status] = await works.regarding.schedule.statusOf(mailboxId)
      return status?.running !== false || (status.nextDue ?? 0) <= works.clock.now()
    }
    await expect.poll(isBusy).toBe(false)
  }

  async function finished(desk: Desk, count: number): Promise<boolean> {
    const { emails, unfinished } = await accountOf(works, desk)
    return emails.length === count && unfinished === 0
  }
})

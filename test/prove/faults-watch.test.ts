import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mail } from '../incoming/support/company.ts'
import { engines, openTestInstallation } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { accountOf, type Desk, expectTracked, newDesk, openWorks, type Works } from './support/works.ts'

describe.each(engines)('a watch that is cut, on %s', (engine) => {
  let dovecot: Dovecot
  let works: Works
  beforeAll(async () => {
    dovecot = await startDovecot()
    works = await openWorks(await openTestInstallation(engine), dovecot, { watches: 100 })
  })
  afterAll(async () => {
    await works?.close()
    await dovecot?.stop()
  })

  const isWatched = async (mailboxId: string) =>
    (await works.regarding.schedule.statusOf(mailboxId))[0]?.hints !== undefined

  test.each(['before', 'midst'] as const)(
    'B-10, law 5: %s, at IDLE: the mailbox lives by its sweep, and is watched again',
    async (moment) => {
      works.cut.commands.length = 0
      works.cut.cutAt({ command: / IDLE$/, moment, bytes: 4 })
      const desk = await newDesk(works)
      const post = async (id: string) => {
        await desk.side.deliver(['INBOX'], mail({ from: 'otto@foreign.example', to: desk.address, messageId: id }))
        return id
      }
      await expect.poll(() => works.cut.commands.includes('IDLE')).toBe(true)
      await atRest(desk)
      const ids = [await post(`<watch-${moment}-1@foreign.example>`)]
      expect((await works.cycle(desk)).error).toBeUndefined()
      await expect.poll(() => isWatched(desk.mailboxId)).toBe(true)
      await atRest(desk)
      await expectTracked(works, desk, ids)
      // From here on nobody moves the clock: only a hint can bring the next message in.
      ids.push(await post(`<watch-${moment}-2@foreign.example>`))
      await expect.poll(() => finished(desk, 2), { timeout: 10_000 }).toBe(true)
      await expectTracked(works, desk, ids)
    },
  )

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

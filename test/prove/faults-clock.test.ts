import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../support/database.ts'
import { accountOf, type Desk, expectTracked, newDesk, openAlerts, openWorksOn, type Works } from './support/works.ts'

const HOUR = 60 * 60_000
const STEPS = [
  { what: 'an hour', by: HOUR },
  { what: 'a year', by: 365 * 24 * HOUR },
]

describe.each(engines)('a clock that is set back, on %s', (engine) => {
  let works: Works
  beforeAll(async () => {
    works = await openWorksOn(engine)
  })
  afterAll(() => works?.close())

  /** No one asks for a cycle: the schedule alone brings the message in, within the longest interval. */
  async function sweeps(desk: Desk, count: number): Promise<void> {
    const isThere = async () => {
      const { emails, unfinished } = await accountOf(works, desk)
      return emails.length === count && unfinished === 0
    }
    for (let minutes = 0; minutes <= 15 && !(await isThere()); minutes++) {
      works.clock.pass(60_000)
      await rest(desk)
    }
    expect(await isThere()).toBe(true)
  }

  /** Until no cycle runs and none is due. */
  async function rest({ mailboxId }: Desk): Promise<void> {
    const isBusy = async () => {
      const [status] = await works.regarding.schedule.statusOf(mailboxId)
      return status?.running !== false || (status.nextDue ?? 0) <= works.clock.now()
    }
    await expect.poll(isBusy, { interval: 20, timeout: 10_000 }).toBe(false)
    await works.running.worker.settled()
  }

  for (const { what, by } of STEPS) {
    test(`SC-2, law 11: by ${what} between two cycles: sweeps go on at once, a person's wish too`, async () => {
      const desk = await newDesk(works)
      const ids = [await desk.post()]
      await works.cycle(desk)
      works.clock.set(-by)
      ids.push(await desk.post())
      await sweeps(desk, 2)
      ids.push(await desk.post())
      expect((await works.cycle(desk)).error).toBeUndefined()
      await expectTracked(works, desk, ids)
      expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
    })

    test(`SC-2, law 11: by ${what} in a cycle: it ends, and the next sweep comes in time`, async () => {
      const desk = await newDesk(works)
      const ids = [await desk.post()]
      works.cut.before(/ UID FETCH .*BODY\.PEEK\[\]/, async () => works.clock.set(-by))
      expect((await works.cycle(desk)).error).toBeUndefined()
      await expectTracked(works, desk, ids)
      ids.push(await desk.post())
      await sweeps(desk, 2)
      await expectTracked(works, desk, ids)
      expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
    })

    test(`SC-52, law 11: by ${what} while a failure is waited out: it is tried again in time`, async () => {
      const desk = await newDesk(works)
      const ids = [await desk.post()]
      works.cut.cutAt({ command: / SELECT /, moment: 'before' })
      expect((await works.cycle(desk)).error).toMatchObject({ kind: 'transient' })
      works.clock.set(-by)
      await sweeps(desk, 1)
      await expectTracked(works, desk, ids)
      expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
    })
  }
})

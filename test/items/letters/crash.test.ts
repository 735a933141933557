import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desk, openDesk } from './desk.ts'

const GUEST = 'guest@outside.example'
/** The whole is proved by `MEETINGS=all`; else from where the calendar is written to. */
const isAll = process.env['MEETINGS'] === 'all'

/**
 * What was done last before the process died, from when the server may have the mail until that is noted: how many were
 * sent. Nobody can say it afterwards where the server cannot be asked (OE-3).
 */
const UNSURE: Readonly<Record<string, number>> = {
  'begin letter': 0,
  'begin letter done': 0,
  'send letter': 1,
  'send letter done': 1,
}

describe.each([true, false])('invitations by mail, where the server files what it sends: %s', (filesSent) => {
  let desk: Desk
  beforeAll(async () => {
    desk = await openDesk({ filesSent })
  }, 60_000)
  afterAll(() => desk?.close())

  it.each(isAll || filesSent ? ['new', 'changed', 'called off'] : ['new'])(
    'B-42, law 2: of a meeting that is %s its guest is told once, wherever the process dies',
    async (what) => {
      const method = what === 'called off' ? 'CANCEL' : 'REQUEST'
      let first = 0
      // The first time nothing dies: so many effects there are.
      for (let at = Number.POSITIVE_INFINITY, last = at; at >= first; at = Math.min(at, last) - 1) {
        const start = new Date(desk.clock.now().getTime() + 86_400_000)
        const values = { scheduledstart: start, scheduledend: new Date(start.getTime() + 3_600_000) }
        const record = await desk.appoint({ subject: `${what} ${at}`, ...values }, [GUEST])
        if (what !== 'new') await desk.cycle()
        if (what === 'changed') await desk.change(record, { location: 'Room 2' })
        if (what === 'called off') await desk.remove(record)
        desk.mail.sent.splice(0)
        const told = await desk.failures()

        const effects = await desk.cycle(at)
        if (at === Number.POSITIVE_INFINITY) {
          last = effects.length
          first = isAll ? 0 : effects.indexOf(filesSent ? 'intend done' : 'begin letter')
          if (first < 0) throw new Error(`The cycle has other effects by now: ${effects.join()}`)
        } else {
          await desk.clock.advance(120_000)
          await desk.cycle()
        }

        const unsure = filesSent || effects.length < at ? undefined : UNSURE[effects.at(-1) ?? '']
        const is = {
          after: effects.at(-1),
          sent: (await desk.mails()).map((mail) => `${mail.method} to ${mail.to.join()}`),
          uncertain: (await desk.failures()).length - told.length,
        }
        const sent = Array.from({ length: unsure ?? 1 }, () => `${method} to ${GUEST}`)
        expect(is).toEqual({ after: effects.at(-1), sent, uncertain: unsure === undefined ? 0 : 1 })
      }
    },
    120_000,
  )
})

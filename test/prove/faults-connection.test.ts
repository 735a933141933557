import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { trackMessage, untrack } from '#sync'
import { refuseSubject } from '../incoming/support/company.ts'
import { largeLetter } from '../mailbox/conformance/letters.ts'
import { engines } from '../support/database.ts'
import { accountOf, type Desk, expectTracked, newDesk, openAlerts, openWorksOn, type Works } from './support/works.ts'

const MOMENTS = ['before', 'answer', 'midst'] as const
type Moment = (typeof MOMENTS)[number]
/** No cycle of these tests sends more commands. */
const MOST_COMMANDS = 60

describe.each(engines)('a connection that is cut in a cycle, on %s', (engine) => {
  let works: Works
  beforeAll(async () => {
    works = await openWorksOn(engine)
  })
  afterAll(() => works?.close())

  /** A cycle that is cut, and one that is not. Returns the command that met the cut; nothing when none did. */
  async function cutOnce(desk: Desk, blow: { command: RegExp; count?: number; moment: Moment }): Promise<string> {
    works.cut.commands.length = 0
    works.cut.cutAt(blow)
    const { error } = await works.cycle(desk)
    const doing = works.cut.commands.filter((command) => blow.command.test(` ${command}`))[(blow.count ?? 1) - 1] ?? ''
    works.cut.cutAt({ command: /^$/, moment: 'before' })
    // Whoever says goodbye does not mind.
    expect(error === undefined, `at ${doing}`).toBe(doing === '' || doing === 'LOGOUT')
    if (!error) return doing
    expect({ doing, ...error }).toMatchObject({ kind: 'transient', code: 'ConnectFailure', scope: 'server' })
    const alert = (await openAlerts(works, desk)).get('ConnectFailure')
    expect(alert, `at ${doing}`).toMatch(/Check location and port on the profile; it is tried again/)
    expect((await works.cycle(desk)).error, `at ${doing}`).toBeUndefined()
    expect([...(await openAlerts(works, desk)).keys()], `at ${doing}`).toEqual([])
    return doing
  }

  test.each(MOMENTS)('law 1, law 10: %s, at every command of a cycle that tracks email', async (moment) => {
    const desk = await newDesk(works)
    const ids: string[] = []
    const commands: string[] = []
    // After a cut the next cycle may have one command less to send.
    for (let count = 1, beyond = 0; beyond < 2; count++) {
      expect(count, 'commands of a cycle').toBeLessThan(MOST_COMMANDS)
      ids.push(await desk.post())
      const doing = await cutOnce(desk, { command: /^/, count, moment })
      await expectTracked(works, desk, ids)
      if (doing) commands.push(doing)
      beyond = doing ? 0 : beyond + 1
    }
    // Where several commands travel together, counting passes over some.
    for (const command of TRACKING) {
      if (commands.some((line) => command.test(` ${line}`))) continue
      ids.push(await desk.post())
      expect(await cutOnce(desk, { command, moment }), `at ${command}`).not.toBe('')
      await expectTracked(works, desk, ids)
    }
  })

  interface Deed {
    name: string
    kind?: 'queue'
    command: RegExp
    prepare: (desk: Desk) => Promise<string>
    check: (desk: Desk, id: string) => Promise<unknown>
  }

  /** The mailbox rests while something is asked of it, so that no cycle runs before the cut is laid. */
  async function atRest<T>({ mailboxId }: Desk, act: () => Promise<T>): Promise<T> {
    const key = { mailboxId, workload: 'incoming' as const }
    await works.regarding.schedule.disable([key])
    const result = await act()
    // Not yet due: it is the test that asks for the cycle.
    await sql`update mailbox_schedule set enabled = true, stopped_by = null where mailbox_id = ${mailboxId}`.execute(
      works.database.sql,
    )
    return result
  }

  const deeds: Deed[] = [
    {
      name: 'T-90: the second piece of a large message',
      command: / UID FETCH .*BODY\.PEEK\[\]<1048576/,
      async prepare(desk) {
        const id = `<large-${desk.user}@foreign.example>`
        await desk.side.deliver(['INBOX'], largeLetter(id, 1_200_000))
        return id
      },
      check: (desk, id) => expectTracked(works, desk, [id]),
    },
    {
      name: 'T-5: the search for a message that somebody wants',
      command: / UID SEARCH .*HEADER/,
      async prepare(desk) {
        const messageId = await desk.post({ folder: 'Archive' })
        works.cut.cutAt({ command: / (ID|AUTHENTICATE) /, moment: 'before' })
        const wish = { mailboxId: desk.mailboxId, messageId }
        const result = await atRest(desk, () => trackMessage(works.regarding, desk.userId, wish))
        expect(result.outcome).toBe('pending')
        return messageId
      },
      check: (desk, id) => expectTracked(works, desk, [id]),
    },
    {
      name: 'T-98: taking a category off',
      command: / UID STORE .*-FLAGS/,
      async prepare(desk) {
        const id = await desk.post()
        await works.cycle(desk)
        const { rows } = await sql<{ id: string }>`
          select activityid as id from email where messageid = ${id}`.execute(works.database.sql)
        await atRest(desk, () =>
          untrack(works.regarding, SYSTEM, String(rows[0]?.id), { mailboxId: desk.mailboxId, whose: 'mine' }),
        )
        return id
      },
      check: async (desk, id) => {
        expect(await accountOf(works, desk)).toMatchObject({ unmarked: [id], unfinished: 0 })
        expect(await works.cycle(desk)).toMatchObject({ outcome: { processed: 0 } })
      },
    },
    {
      name: 'MB-22: the move of a message that cannot be tracked',
      command: / UID MOVE /,
      async prepare(desk) {
        const setup = (await works.regarding.mailboxes.setups([desk.mailboxId])).get(desk.mailboxId)
        const profile = String(setup?.profile?.id)
        await works.regarding.records.as(SYSTEM).update('emailserverprofile', profile, { moveundeliveredemails: true })
        const lift = await refuseSubject(works.regarding, 'Refused')
        const id = await desk.post({ subject: 'Refused' })
        await works.cycle(desk)
        await sql`update email_copy set retries = 5 where mailbox_id = ${desk.mailboxId}`.execute(works.database.sql)
        lifts.push(lift)
        return id
      },
      check: async (desk, id) => {
        await lifts.pop()?.()
        expect(await desk.side.list(['INBOX'])).toEqual([])
        expect(await desk.side.list(['Undeliverable'])).toMatchObject([{ messageId: id }])
        expect(await accountOf(works, desk)).toMatchObject({ emails: [], decisions: [`${id} failed`], unfinished: 0 })
      },
    },
    {
      name: 'MB-43: the removal of a message that was processed',
      kind: 'queue',
      command: / UID EXPUNGE /,
      async prepare(desk) {
        await works.regarding.records.as(SYSTEM).update('mailbox', desk.mailboxId, { processanddeleteemails: true })
        return desk.post()
      },
      check: async (desk, id) => {
        expect(await accountOf(works, desk)).toMatchObject({ emails: [id], decisions: [`${id} tracked`] })
        expect(await desk.side.list(['INBOX'])).toEqual([])
      },
    },
  ]
  const lifts: (() => Promise<unknown>)[] = []

  for (const { name, kind, command, prepare, check } of deeds)
    test.each(['before', 'answer'] as const)(`law 1, ${name}, %s`, async (moment) => {
      const desk = await newDesk(works, kind)
      const id = await prepare(desk)
      expect(await cutOnce(desk, { command, moment })).not.toBe('')
      await check(desk, id)
    })
})

/** Every kind of command that a cycle sends, so that none is forgotten. */
const TRACKING = [
  / AUTHENTICATE/,
  / ENABLE/,
  / NAMESPACE/,
  / LIST/,
  / STATUS/,
  / SELECT/,
  / UNSELECT/,
  / UID SEARCH/,
  / UID FETCH .*CHANGEDSINCE/,
  / UID FETCH .*FLAGS/,
  / UID FETCH .*BODY\.PEEK\[HEADER\]/,
  / UID FETCH .*BODY\.PEEK\[\]/,
  / UID STORE/,
  / LOGOUT/,
]

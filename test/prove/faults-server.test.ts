import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { testMailboxes } from '#sync'
import { largeLetter } from '../mailbox/conformance/letters.ts'
import { engines } from '../support/database.ts'
import { accountOf, type Desk, expectTracked, newDesk, openAlerts, openWorksOn, type Works } from './support/works.ts'

describe.each(engines)('a mail server in trouble, on %s', (engine) => {
  let works: Works
  beforeAll(async () => {
    works = await openWorksOn(engine)
  })
  afterAll(() => works?.close())

  const statusOf = async ({ mailboxId }: Desk) => (await works.regarding.schedule.statusOf(mailboxId))[0]

  const DURING = [
    { what: 'the folders', command: / LIST / },
    { what: 'states', command: / UID FETCH .*FLAGS/ },
    { what: 'bodies', command: / UID FETCH .*BODY\.PEEK\[\]/ },
    { what: 'marks', command: / UID STORE / },
  ]
  for (const { what, command } of DURING)
    test(`law 1, MO-60: killed while ${what} are asked for, and started again`, async () => {
      const desk = await newDesk(works)
      const ids = await desk.posts(3)
      works.cut.before(command, () => works.dovecot.kill())
      const killed = await works.cycle(desk)
      expect(killed.error).toMatchObject({ kind: 'transient', code: 'ConnectFailure' })
      expect(await statusOf(desk)).toMatchObject({ enabled: true, result: 'failure', lastError: { count: 1 } })
      // Still down at the next attempt.
      expect((await works.cycle(desk)).error).toMatchObject({ kind: 'transient', code: 'ConnectFailure' })
      expect((await openAlerts(works, desk)).get('ConnectFailure')).toMatch(/Check location and port on the profile/)
      await works.dovecot.start()
      await desk.reconnect()
      expect((await works.cycle(desk)).error).toBeUndefined()
      await expectTracked(works, desk, ids)
      expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
    })

  test('B-14, law 2: UIDVALIDITY changed between cycles: nothing is lost, doubled or untracked', async () => {
    const desk = await newDesk(works)
    const ids = await desk.posts(3)
    await works.cycle(desk)
    await desk.side.invalidateCursor?.(['INBOX'])
    ids.push(await desk.post())
    expect((await works.cycle(desk)).error).toBeUndefined()
    await expectTracked(works, desk, ids)
    expect(await works.cycle(desk)).toMatchObject({ outcome: { processed: 0 } })
    await expectTracked(works, desk, ids)
  })

  const CHANGES = [
    { what: 'states', command: / UID FETCH .*FLAGS/ },
    { what: 'headers', command: / UID FETCH .*BODY\.PEEK\[HEADER\]/ },
    { what: 'bodies', command: / UID FETCH .*BODY\.PEEK\[\]/ },
    { what: 'marks', command: / UID STORE / },
  ]
  for (const { what, command } of CHANGES)
    test(`B-14, law 2: UIDVALIDITY changed in a cycle before ${what} are asked for`, async () => {
      const desk = await newDesk(works)
      const ids = await desk.posts(2)
      await works.cycle(desk)
      ids.push(...(await desk.posts(2)))
      works.cut.before(command, async () => desk.side.invalidateCursor?.(['INBOX']))
      const during = await works.cycle(desk)
      expect(['transient', undefined]).toContain(during.error?.kind)
      expect((await works.cycle(desk)).error).toBeUndefined()
      await expectTracked(works, desk, ids)
    })

  test('law 4: a message expunged between its headers and its body leaves no trace; the others go on', async () => {
    const desk = await newDesk(works)
    const [gone, ...ids] = (await desk.posts(3)) as [string, ...string[]]
    works.cut.before(/ UID FETCH .*BODY\.PEEK\[\]/, () => desk.side.deleteByUser(['INBOX'], gone))
    expect((await works.cycle(desk)).error).toBeUndefined()
    await works.cycle(desk)
    await expectTracked(works, desk, ids)
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
  })

  test('law 4: a large message expunged between two of its pieces leaves no trace; the others go on', async () => {
    const desk = await newDesk(works)
    const gone = `<large-${engine}@foreign.example>`
    await desk.side.deliver(['INBOX'], largeLetter(gone, 3_000_000))
    const ids = await desk.posts(2)
    works.cut.before(/ BODY\.PEEK\[\]<1048576/, () => desk.side.deleteByUser(['INBOX'], gone))
    expect((await works.cycle(desk)).error).toBeUndefined()
    await works.cycle(desk)
    await expectTracked(works, desk, ids)
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
  })

  test('MO-32, SC-51, MB-73: another password stops incoming email; Test & Enable with it brings all that came', async () => {
    const desk = await newDesk(works)
    const ids = [await desk.post()]
    await works.cycle(desk)
    await works.dovecot.setPassword(desk.user, 'another')
    ids.push(...(await desk.posts(2)))
    expect((await works.cycle(desk)).error).toMatchObject({ kind: 'denied', code: 'CredentialsIncorrect' })
    expect(await statusOf(desk)).toMatchObject({ enabled: false, stoppedBy: 'error' })
    const mailbox = () => works.regarding.records.as(SYSTEM).retrieve('mailbox', desk.mailboxId)
    expect(await mailbox()).toMatchObject({
      enabledforincomingemail: false,
      incomingemailstatus: 2,
      incomingemaillasterror: expect.stringContaining('Enter valid credentials on the mailbox or its profile'),
    })
    expect((await openAlerts(works, desk)).get('CredentialsIncorrect')).toMatch(/then run Test & Enable/)
    await works.regarding.records.as(SYSTEM).update('mailbox', desk.mailboxId, { password: 'another' })
    const next = works.ended(desk)
    const accepted = (await testMailboxes(works.regarding, SYSTEM, [desk.mailboxId])).get(desk.mailboxId)
    expect(accepted?.[0]).toMatchObject({ status: 'success' })
    expect((await next).error).toBeUndefined()
    await desk.reconnect('another')
    await expectTracked(works, desk, ids)
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
    expect(await mailbox()).toMatchObject({ enabledforincomingemail: true, incomingemaillasterror: null })
  })

  test('MO-47, SC-51: a mailbox that is full stops when it takes no mark; Test & Enable goes on', async () => {
    const desk = await newDesk(works)
    const ids = await desk.posts(2)
    works.cut.answer(/ UID STORE /, 'NO [OVERQUOTA] Quota exceeded (mailbox for user is full)')
    expect((await works.cycle(desk)).error).toMatchObject({ kind: 'full', code: 'ErrorQuotaExceeded' })
    expect(await statusOf(desk)).toMatchObject({ enabled: false, stoppedBy: 'error' })
    expect((await openAlerts(works, desk)).get('ErrorQuotaExceeded')).toMatch(
      /Free space in the mailbox, then run Test/,
    )
    // What was tracked before the mark stays.
    expect(await accountOf(works, desk)).toMatchObject({ emails: ids, unmarked: ids, unfinished: 2 })
    const next = works.ended(desk)
    await testMailboxes(works.regarding, SYSTEM, [desk.mailboxId])
    expect((await next).error).toBeUndefined()
    await expectTracked(works, desk, ids)
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
  })
})

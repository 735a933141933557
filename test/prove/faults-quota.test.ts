import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { testMailboxes } from '#sync'
import { mail, refuseSubject } from '../incoming/support/company.ts'
import { engines } from '../support/database.ts'
import { accountOf, type Desk, expectTracked, newDesk, openAlerts, openWorksOn, type Works } from './support/works.ts'

const LITTLE = '64K'
const MUCH = '1M'
/** Two of them have no room in a mailbox of 64 KiB. */
const LARGE = 40_000

/**
 * Dovecot's own quota. It refuses what takes room: deliveries, APPEND, COPY. Categories and a MOVE within the mailbox take
 * none. That a server refuses a category is played by a proxy in `faults-server.test.ts`.
 */
describe.each(engines)('a mailbox that is really full, on %s', (engine) => {
  let works: Works
  beforeAll(async () => {
    // Without MOVE a message is moved by a copy, which takes room.
    const capabilities = 'IMAP4rev1 SASL-IR LITERAL+ ENABLE IDLE NAMESPACE UIDPLUS CONDSTORE SPECIAL-USE QUOTA'
    works = await openWorksOn(engine, { dovecot: { quota: LITTLE, capabilities } })
  })
  afterAll(() => works?.close())

  /** What somebody sends, handed over by the delivery agent. False when it goes back for want of room. */
  const send = (desk: Desk, name: string, more: { size?: number; subject?: string } = {}) =>
    works.dovecot.deliver(
      desk.user,
      mail({
        from: 'otto@foreign.example',
        to: desk.address,
        messageId: idOf(desk, name),
        subject: more.subject ?? 'Hello',
        body: `${'x'.repeat(70)}\r\n`.repeat(Math.ceil((more.size ?? 100) / 72)),
      }),
    )

  test('MO-47, B-2: what lies in it is tracked and marked; what it refused arrives once there is room', async () => {
    await works.dovecot.setQuota(LITTLE)
    const desk = await newDesk(works)
    expect(send(desk, 'first', { size: LARGE })).toBe(true)
    expect(send(desk, 'refused', { size: LARGE })).toBe(false)
    expect((await works.cycle(desk)).error).toBeUndefined()
    await expectTracked(works, desk, [idOf(desk, 'first')])
    await works.dovecot.setQuota(MUCH)
    expect(send(desk, 'refused', { size: LARGE })).toBe(true)
    expect((await works.cycle(desk)).error).toBeUndefined()
    await expectTracked(works, desk, [idOf(desk, 'first'), idOf(desk, 'refused')])
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
  })

  test('MO-47, MB-22, SC-51: a copy that is refused stops the mailbox, which says why; with room all goes on', async () => {
    await works.dovecot.setQuota(LITTLE)
    const desk = await newDesk(works)
    await moveUndeliverable(desk)
    const lift = await refuseSubject(works.regarding, 'Refused')
    expect(send(desk, 'aside', { size: LARGE, subject: 'Refused' })).toBe(true)
    expect(send(desk, 'good')).toBe(true)
    // It is tried five times before it is given up (SC-57).
    const cycles = []
    for (let count = 0; count < 6; count++) cycles.push(await works.cycle(desk))
    expect(cycles.map(({ error }) => error?.code)).toEqual([...Array<undefined>(5), 'ErrorQuotaExceeded'])
    const [status] = await works.regarding.schedule.statusOf(desk.mailboxId)
    expect(status).toMatchObject({ enabled: false, stoppedBy: 'error' })
    const said = await works.regarding.records.as(SYSTEM).retrieve('mailbox', desk.mailboxId)
    expect(said?.['incomingemaillasterror']).toMatch(/Moving messages to Undeliverable.*mailbox is full; make room/)
    expect((await openAlerts(works, desk)).get('ErrorQuotaExceeded')).toMatch(
      /Free space in the mailbox, then run Test/,
    )
    // Nothing that was done is lost, and nothing lies twice.
    expect((await accountOf(works, desk)).emails).toEqual([idOf(desk, 'good')])
    expect(await lies(desk)).toEqual({ INBOX: ['aside', 'good'], Undeliverable: [] })

    await works.dovecot.setQuota(MUCH)
    expect(send(desk, 'later')).toBe(true)
    const next = works.ended(desk)
    await testMailboxes(works.regarding, SYSTEM, [desk.mailboxId])
    expect((await next).error).toBeUndefined()
    await lift()
    expect((await works.cycle(desk)).error).toBeUndefined()
    expect(await lies(desk)).toEqual({ INBOX: ['good', 'later'], Undeliverable: ['aside'] })
    expect(await accountOf(works, desk)).toEqual({
      emails: [idOf(desk, 'good'), idOf(desk, 'later')],
      decisions: [`${idOf(desk, 'aside')} failed`, `${idOf(desk, 'good')} tracked`, `${idOf(desk, 'later')} tracked`],
      unmarked: [],
      unfinished: 0,
    })
    expect((await openAlerts(works, desk)).has('ErrorQuotaExceeded')).toBe(false)
  })

  async function moveUndeliverable(desk: Desk): Promise<void> {
    const setup = (await works.regarding.mailboxes.setups([desk.mailboxId])).get(desk.mailboxId)
    await works.regarding.records
      .as(SYSTEM)
      .update('emailserverprofile', String(setup?.profile?.id), { moveundeliveredemails: true })
  }
})

const idOf = (desk: Desk, name: string) => `<${name}-${desk.user}@foreign.example>`

/** The names of the messages in both folders. */
async function lies(desk: Desk): Promise<Record<string, string[]>> {
  const named = async (folder: string) =>
    (await desk.side.list([folder])).map((item) => /^<(\w+)-/.exec(item.messageId)?.[1] ?? '?').toSorted()
  return { INBOX: await named('INBOX'), Undeliverable: await named('Undeliverable') }
}

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nameOfCopy, restorable } from '#items'
import type { Item, ItemKind, ItemMailbox } from '#mailbox'
import { PARTICIPATION, type Reference, SYSTEM, type Values } from '#records'
import { type CalendarEvent, type Sandbox, startSandbox } from '#sandbox'
import { confirmItems, restoreItem, runActMailbox, testMailboxes } from '#sync'
import { addUser, type Company, openCompany, type Person } from '../incoming/support/company.ts'
import { handsOf } from '../mailbox/dav/support/hands.ts'
import { openTestInstallation } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { type Radicale, startRadicale } from '../support/radicale.ts'

let dovecot: Dovecot
let radicale: Radicale
beforeAll(async () => {
  ;[dovecot, radicale] = await Promise.all([startDovecot(), startRadicale()])
})
afterAll(() => Promise.all([dovecot?.stop(), radicale?.stop()]))

type Name = 'EWS' | 'Graph' | 'DAV'

test.each([
  ['EWS', 'Graph'],
  ['Graph', 'EWS'],
] as const)(
  'B-4, B-41: calendars, contacts and tasks that move from %s to %s keep links, decisions and copies; nobody is invited',
  async (from, to) => {
    const house = await openHouse()
    await house.liveIn(from, true)
    const records = await house.fill()
    await house.cycles()
    const invited = house.sandbox.world.outbox.length
    await house.overwritten(records.task)
    await house.lost(records.call)
    const before = await house.standing()
    expect(before.links.map(({ table, state }) => `${table} ${state}`)).toEqual([
      'appointment linked',
      'contact linked',
      'task linked',
    ])
    expect(before.copies).toHaveLength(2)
    expect(before.counts).toEqual({ contact: 1, task: 1, event: 1 })

    await house.liveIn(to)
    await house.cycles()
    expect(await house.standing()).toEqual(before)
    expect(house.sandbox.world.outbox).toHaveLength(invited)

    await house.later()
    await house.change(records.contact, { jobtitle: 'Head of purchasing' })
    await house.cycles()
    expect((await house.items('contact'))[0]).toMatchObject({ fields: { jobTitle: 'Head of purchasing' } })
    await house.restore('By CRM')
    await house.cycles()
    expect(await house.row(records.task)).toMatchObject({ subject: 'By CRM' })
    await house.restore('Call Zoe')
    await house.cycles()
    expect((await house.items('task')).map(nameOf).toSorted()).toEqual(['By CRM', 'Call Zoe'])
    expect(await house.counts()).toEqual({ contact: 1, task: 2, event: 1 })
    expect(house.sandbox.world.outbox).toHaveLength(invited)
    await house.close()
  },
)

test('B-4: calendars, contacts and tasks that move from CalDAV to Graph are found again by UID, address or subject; nothing is doubled, deleted or told', async () => {
  const house = await openHouse()
  await house.liveIn('DAV', true)
  const records = await house.fill()
  await house.cycles()
  const before = await house.standing()
  await house.carry()
  const counts = await house.counts()
  await house.liveIn('Graph')
  await house.cycles({ failing: true })
  const after = await house.standing()
  const found = (table: string) => after.links.filter((link) => link.table === table)
  expect(found('contact')).toEqual(before.links.filter(({ table }) => table === 'contact'))
  expect(found('appointment')).toEqual(before.links.filter(({ table }) => table === 'appointment'))
  expect(after.records).toEqual(before.records)
  await house.later()
  await house.change(records.contact, { jobtitle: 'Head of purchasing' })
  await house.change(records.meeting, { location: 'Berlin' })
  await house.cycles({ failing: true })
  expect((await house.items('contact'))[0]).toMatchObject({ fields: { jobTitle: 'Head of purchasing' } })
  expect((await house.items('event')).find((item) => nameOf(item) === 'Planning')).toMatchObject({
    fields: { location: 'Berlin' },
  })
  expect(await house.counts()).toEqual({ ...counts, task: expect.any(Number) as number })
  await house.close()
})

const nameOf = (item: Item): string => (item.kind === 'contact' ? item.fields.displayName : item.fields.subject) ?? ''

/** Somebody whose mailbox can be in each mail system, under one address. */
async function openHouse() {
  const company = await openCompany(await openTestInstallation())
  const { regarding, clock } = company
  const sandbox = await startSandbox({ clock })
  const user = dovecot.newUser()
  const address = `${user}@moving.example`
  const local = sandbox.world.addUser({ address, name: 'Eva Holm', password: 'secret' })
  const eva = await addUser(regarding, 'Eva', 'Holm', address)
  const system = regarding.records.as(SYSTEM)
  await dav(user, address)
  const as = { kind: 'user', id: eva.id } as const
  const run = async (failing = false) => {
    await clock.advance(60_000)
    const outcome = await runActMailbox(regarding, eva.mailboxId, { guard: () => Promise.resolve() })
    if (!failing && outcome.failed)
      throw new Error(JSON.stringify((await decisionsOf(company, eva)).filter(({ outcome: one }) => one === 'failed')))
    return outcome
  }
  const create = async (table: string, values: Values): Promise<Reference> => ({
    table,
    id: await regarding.records.as(as).create(table, values),
  })
  const withItems = async <T>(work: (items: ItemMailbox) => Promise<T>): Promise<T> => {
    const setup = (await regarding.mailboxes.setups([eva.mailboxId])).get(eva.mailboxId)
    const mailbox = await regarding.connect(setup as NonNullable<typeof setup>)
    try {
      return await work(mailbox.items as ItemMailbox)
    } finally {
      await mailbox.close()
    }
  }
  const items = (kind: ItemKind): Promise<Item[]> => withItems((mailbox) => itemsOf(mailbox, kind))
  const counts = async () => ({
    contact: (await items('contact')).length,
    task: (await items('task')).length,
    event: (await items('event')).length,
  })
  const liveIn = async (name: Name, isFirst = false) => {
    const profile = await regarding.mailboxes.createProfile(SYSTEM, profileOf(sandbox, name))
    await regarding.mailboxes.update(SYSTEM, eva.mailboxId, {
      emailserverprofile: { table: 'emailserverprofile', id: profile },
      incomingemaildeliverymethod: name === 'DAV' ? 2 : 0,
      outgoingemaildeliverymethod: 0,
      actdeliverymethod: 1,
      allowemailconnectortousecredentials: true,
      username: name === 'DAV' ? user : address,
      password: 'secret',
    })
    await regarding.mailboxes.approve(SYSTEM, [eva.mailboxId])
    const results = (await testMailboxes(regarding, SYSTEM, [eva.mailboxId])).get(eva.mailboxId) ?? []
    expect(results.filter(({ status }) => status === 'failure')).toEqual([])
    if (!isFirst) return
    await run()
    await confirmItems(regarding, SYSTEM, eva.mailboxId)
  }
  return {
    sandbox,
    items,
    counts,
    liveIn,
    row: ({ table, id }: Reference) => system.retrieve(table, id),
    change: ({ table, id }: Reference, values: Values) => system.update(table, id, values),
    later: () => clock.advance(300_000),
    /** As many as there is something to do, and one more that finds nothing. */
    async cycles({ failing = false } = {}) {
      for (let left = 4; left > 0; left--) if ((await run(failing)).seen === 0 && left < 4) return
      if (!failing && (await run()).seen) throw new Error('It does not come to rest.')
    },
    async fill() {
      await clock.advance(60_000)
      const contact = await create('contact', {
        firstname: 'Dora',
        lastname: 'Lind',
        emailaddress1: 'dora@lind.example',
      })
      const task = await create('task', { subject: 'By CRM' })
      const call = await create('task', { subject: 'Call Zoe' })
      const meeting = await create('appointment', { subject: 'Planning', scheduledstart: at(10), scheduledend: at(11) })
      await system.createMany('activityparty', [
        {
          activityid: meeting,
          participationtypemask: PARTICIPATION.organizer,
          partyid: { table: 'systemuser', id: eva.id },
          addressused: address,
        },
        { activityid: meeting, participationtypemask: PARTICIPATION.required, addressused: 'zoe@outside.example' },
      ])
      return { contact, task, call, meeting }
    },
    /** Outlook changes the task; the record is overwritten. */
    async overwritten(task: Reference) {
      await clock.advance(60_000)
      await withItems(async (mailbox) => {
        const item = (await itemsOf(mailbox, 'task')).find((one) => nameOf(one) === 'By CRM') as Item
        await mailbox.update(item.ref, { kind: 'task', set: { subject: 'By Outlook' } }, { notify: 'none' })
      })
      await run()
      expect(await system.retrieve('task', task.id)).toMatchObject({ subject: 'By Outlook' })
    },
    /** The task goes to somebody else; its item is deleted. */
    async lost(call: Reference) {
      await system.update('task', call.id, { ownerid: { table: 'systemuser', id: company.ben.id } })
      expect(await run()).toMatchObject({ removedItems: 1 })
      await run()
    },
    async restore(name: string) {
      const copies = await restorable(regarding, as, eva.mailboxId)
      const copy = copies.find((one) => nameOfCopy(one) === name)
      if (!copy) throw new Error(`There is no copy of ${name}: ${copies.map(nameOfCopy).join()}`)
      await restoreItem(regarding, as, copy.id)
    },
    async standing() {
      const { database } = regarding
      const { rows: links } = await sql<{ table: string; record: string; state: string }>`
        select record_table as table, record_id as record, state from item_link where mailbox_id = ${eva.mailboxId}
        order by record_table, record_id`.execute(database.sql)
      const copies = (await restorable(regarding, as, eva.mailboxId)).map(({ id }) => id)
      const records = Object.fromEntries(
        await Promise.all(
          ['contact', 'task', 'appointment'].map(
            async (table) => [table, (await system.query({ table })).rows.length] as const,
          ),
        ),
      )
      const decisions = (await decisionsOf(company, eva)).map(({ about, outcome }) => `${about} ${outcome}`)
      return { links, copies, records, decisions, counts: await counts() }
    },
    /** As a migration does it: what everybody can read, with the UIDs of appointments, and nothing hidden. */
    async carry() {
      const kinds = ['event', 'contact', 'task'] as const
      const all = (await Promise.all(kinds.map(items))).flat()
      await liveIn('EWS')
      await withItems(async (mailbox) => {
        const folders = await mailbox.folders()
        for (const [index, { kind, fields, ...item }] of all.entries()) {
          const folder = folders.find((one) => one.main && one.kind === kind)?.id as string
          const kept = Object.fromEntries(
            Object.entries(fields).filter(([name]) => !mailbox.can.lacks[kind]?.includes(name)),
          )
          const series = kind === 'event' && 'series' in item && item.series ? { series: item.series } : {}
          await mailbox.create(folder, { kind, fields: kept, ...series } as never, `carried-${index}`, {
            notify: 'none',
          })
          if (item.uid !== undefined && kind === 'event')
            for (const one of local.mailbox.items(local.mailbox.wellKnown('calendar').id) as CalendarEvent[])
              if (one.subject === nameOf({ kind, fields } as Item))
                local.mailbox.update<CalendarEvent>(one.id, { uid: item.uid })
        }
      })
      for (const name of ['calendar', 'contacts', 'tasks'] as const)
        for (const { id } of local.mailbox.items(local.mailbox.wellKnown(name).id))
          local.mailbox.update(id, { properties: [] })
    },
    async close() {
      await company.close()
      await sandbox.close()
    },
  }
}

const at = (hour: number) => new Date(`2026-02-06T${hour}:00:00Z`)

async function decisionsOf({ regarding }: Company, { mailboxId }: Person) {
  const { rows } = await sql<{ about: string; outcome: string; text: string | null }>`
    select about, outcome, text from item_decision where mailbox_id = ${mailboxId} order by about`.execute(
    regarding.database.sql,
  )
  return rows
}

async function itemsOf(mailbox: ItemMailbox, kind: ItemKind): Promise<Item[]> {
  const found: Item[] = []
  for (const folder of await mailbox.folders()) {
    if (folder.kind !== kind) continue
    const ids: string[] = []
    for await (const page of mailbox.changes(folder.id, undefined, { pageSize: 100 }))
      ids.push(...page.upserts.map(({ ref }) => ref.id))
    for (const item of ids.length ? await mailbox.get(folder.id, ids) : [])
      if (item.kind !== 'unreadable') found.push(item)
  }
  return found
}

/** Radicale's user with one folder of each kind. */
async function dav(user: string, address: string): Promise<void> {
  const home = `/${user}/`
  const hands = await handsOf({ port: radicale.port, user, address, calendars: home, addressbooks: home, mixed: false })
  await hands.createFolder('event', ['Calendar'])
  await hands.createFolder('contact', ['Contacts'])
  await hands.createFolder('task', ['Tasks'])
}

function profileOf(sandbox: Sandbox, name: Name): Values {
  switch (name) {
    case 'Graph':
      return {
        name,
        servertype: 0,
        authenticateusing: 2,
        incomingserverlocation: sandbox.graphUrl,
        oauthloginlocation: sandbox.url,
        exchangeonlinetenantid: sandbox.login.tenant,
        oauthclientid: 'sandbox-client',
        oauthclientsecret: 'sandbox-secret',
      }
    case 'EWS':
      return { name, servertype: 1, authenticateusing: 0, incomingserverlocation: sandbox.ewsUrl }
    case 'DAV':
      return {
        name,
        servertype: 3,
        authenticateusing: 0,
        incomingserverlocation: dovecot.host,
        incomingportnumber: dovecot.port,
        incomingsecurity: 0,
        calendarserverlocation: `http://127.0.0.1:${radicale.port}/`,
      }
  }
}

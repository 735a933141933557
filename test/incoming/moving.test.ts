import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, type Mailbox, openMailbox, Secret } from '#mailbox'
import { SYSTEM, type Values } from '#records'
import { type Sandbox, startSandbox } from '#sandbox'
import { saveMapping, testMailboxes, untrack } from '#sync'
import { type Engine, openTestInstallation } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { addUser, mail, openCompany, type Person } from './support/company.ts'

const KERN = 'Ralf <ralf@kern.example>'

/** A mail system where somebody's mailbox is. */
interface House {
  profile: Values
  /** Of the mailbox's record. */
  mailbox: Values
  open(): Promise<Mailbox>
}

let dovecot: Dovecot
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(() => dovecot.stop())

test.each([
  ['EWS', 'Graph', 'embedded'],
  ['Graph', 'EWS', 'server'],
  ['IMAP', 'Graph', 'embedded'],
  ['IMAP', 'EWS', 'server'],
] as const)(
  'B-4: a mailbox that moves from %s to %s keeps its decisions, links and folder rules (%s)',
  async (from, to, engine) => {
    const { company, person, houses, close } = await move(engine)
    const account = await company.account({ name: 'Kern' })
    await company.contact({ lastname: 'Kern', emailaddress1: 'ralf@kern.example' })
    await liveIn(houses[from])
    const put = async (house: House, path: string[], given: Parameters<typeof mail>[0]) => {
      const mailbox = await house.open()
      const folder = await folderAt(mailbox, path)
      await mailbox.append(folder.id, mail({ to: person.address, ...given }), {
        seen: true,
        received: company.clock.now(),
      })
      await mailbox.close()
    }
    await put(houses[from], ['INBOX'], { from: KERN, subject: 'Kept', messageId: '<kept@kern.example>' })
    await put(houses[from], ['INBOX'], { from: KERN, subject: 'Private', messageId: '<private@kern.example>' })
    await put(houses[from], ['INBOX'], {
      from: 'X <x@strange.example>',
      subject: 'Strange',
      messageId: '<s@x.example>',
    })
    await put(houses[from], ['INBOX', 'Kern'], {
      from: 'Y <y@z.example>',
      subject: 'Filed',
      messageId: '<filed@z.example>',
    })
    await saveMapping(company.regarding, SYSTEM, {
      mailboxId: person.mailboxId,
      folderPath: 'INBOX/Kern',
      regarding: account,
    })
    await cycles()
    const [secret] = await company.emails({ subject: 'Private' })
    await untrack(company.regarding, { kind: 'user', id: person.id }, String(secret?.['activityid']), {
      whose: 'mine',
      mailboxId: person.mailboxId,
    })
    await cycles()
    const before = await standing()
    expect(before.decisions.map(({ outcome }) => outcome).toSorted()).toEqual([
      'notTracked',
      'notTracked',
      'tracked',
      'tracked',
    ])

    if (from === 'IMAP') await carry(houses[from], houses[to])
    await liveIn(houses[to])
    await cycles()
    expect(await standing()).toEqual(before)
    expect(await categorized(houses[to])).toEqual(['<filed@z.example>', '<kept@kern.example>'])

    await put(houses[to], ['INBOX', 'Kern'], {
      from: 'Q <q@q.example>',
      subject: 'After',
      messageId: '<after@q.example>',
    })
    await put(houses[to], ['INBOX'], { from: KERN, subject: 'Later', messageId: '<later@kern.example>' })
    expect(await cycles()).toBe(2)
    const [after] = await company.emails({ subject: 'After' })
    expect(after?.['regardingobjectid']).toBe(account.id)
    expect(await cycles()).toBe(0)
    expect(await company.emails({ subject: 'Later' })).toHaveLength(1)
    await close()

    async function liveIn(house: House): Promise<void> {
      const system = company.regarding.records.as(SYSTEM)
      const profile = await company.regarding.mailboxes.createProfile(SYSTEM, {
        processemailsreceivedafter: new Date('2025-01-01T00:00:00Z'),
        ...house.profile,
      })
      await system.update('mailbox', person.mailboxId, {
        emailserverprofile: { table: 'emailserverprofile', id: profile },
        ...house.mailbox,
      })
      await company.regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
      const results = (await testMailboxes(company.regarding, SYSTEM, [person.mailboxId])).get(person.mailboxId) ?? []
      expect(results.filter(({ status }) => status === 'failure')).toEqual([])
    }

    /** @returns how many messages were tracked */
    async function cycles(): Promise<number> {
      let tracked = 0
      for (let left = 2; left > 0; left--) {
        await company.clock.advance(300_000)
        const outcome = await company.cycle(person)
        expect(outcome.failed).toBe(0)
        tracked += outcome.tracked
        if (outcome.more) left = 2
      }
      return tracked
    }

    async function standing() {
      const { database } = company.regarding
      const { rows: decisions } = await sql<{ key: string; outcome: string; reason: string; email: string | null }>`
      select message_key as key, outcome, reason, email_id as email from decision where mailbox_id = ${person.mailboxId}
      order by message_key`.execute(database.sql)
      const { rows: copies } = await sql<{ key: string; state: string; category: boolean }>`
      select message_key as key, state, tracked_category as category from email_copy
      where mailbox_id = ${person.mailboxId} and gone_on is null and state <> 'notTracked' order by message_key`.execute(
        database.sql,
      )
      const { rows: mappings } = await sql`
      select mailboxtrackingfolderid, foldername, mappingstate, folderonboardingstatus, regardingobjectid
      from mailboxtrackingfolder where mailboxid = ${person.mailboxId}`.execute(database.sql)
      return { decisions, copies, mappings, emails: (await company.emails()).length }
    }
  },
  120_000,
)

/** Every mail system that the test knows, with one address in all of them. */
async function move(engine: Engine) {
  const company = await openCompany(await openTestInstallation(engine))
  const sandbox = await startSandbox({ clock: company.clock })
  const user = dovecot.newUser()
  const address = `${user}@moving.example`
  sandbox.world.addUser({ address, name: 'Eva Holm', password: 'secret' })
  const person: Person = await addUser(company.regarding, 'Eva', 'Holm', address)
  await company.regarding.options.setPersonal(SYSTEM, person.id, { Track: 'LeadsContactsAccounts' })
  await company.regarding.records.as(SYSTEM).update('mailbox', person.mailboxId, {
    incomingemaildeliverymethod: 2,
    outgoingemaildeliverymethod: 0,
    allowemailconnectortousecredentials: true,
    password: 'secret',
  })
  return {
    company,
    person,
    houses: housesOf(sandbox, address, user),
    close: async () => {
      await company.close()
      await sandbox.close()
    },
  }
}

function housesOf(sandbox: Sandbox, address: string, user: string): Record<'EWS' | 'Graph' | 'IMAP', House> {
  const clock = sandbox.world.clock
  const graph = {
    tenant: sandbox.login.tenant,
    clientId: 'sandbox-client',
    loginUrl: sandbox.url,
    graphUrl: sandbox.graphUrl,
  }
  const secret = 'sandbox-secret'
  return {
    Graph: {
      profile: {
        name: 'Graph',
        servertype: 0,
        authenticateusing: 2,
        incomingserverlocation: graph.graphUrl,
        oauthloginlocation: graph.loginUrl,
        exchangeonlinetenantid: graph.tenant,
        oauthclientid: graph.clientId,
        oauthclientsecret: secret,
      },
      mailbox: {},
      open: () =>
        openMailbox(
          {
            kind: 'graph',
            ...graph,
            auth: { kind: 'clientSecret', secret: new Secret(secret) },
            address,
            cloud: 'global',
            timeoutMs: 20_000,
          },
          { clock },
        ),
    },
    EWS: {
      profile: { name: 'EWS', servertype: 1, authenticateusing: 0, incomingserverlocation: sandbox.ewsUrl },
      mailbox: { username: address },
      open: () =>
        openMailbox(
          {
            kind: 'ews',
            url: sandbox.ewsUrl,
            mailbox: address,
            auth: { kind: 'password', user: address, password: new Secret('secret'), scheme: 'basic' },
            impersonate: false,
            own: true,
            connections: 10,
            timeoutMs: 20_000,
          },
          { clock },
        ),
    },
    IMAP: {
      profile: {
        name: 'IMAP',
        servertype: 3,
        authenticateusing: 0,
        incomingserverlocation: dovecot.host,
        incomingportnumber: dovecot.port,
        incomingsecurity: 0,
      },
      mailbox: { username: user },
      open: () =>
        openMailbox(
          {
            kind: 'imap',
            host: dovecot.host,
            port: dovecot.port,
            security: 'none',
            auth: { kind: 'password', user, password: new Secret('secret') },
            timeoutMs: 20_000,
          },
          { clock },
        ),
    },
  }
}

async function folderAt(mailbox: Mailbox, path: readonly string[]): Promise<Folder> {
  const folders = await mailbox.folders()
  const there = folders.find((folder) => folder.path.join('/') === path.join('/'))
  if (there) return there
  return mailbox.createFolder(path.at(-1) as string, (await folderAt(mailbox, path.slice(0, -1))).id)
}

/** As a migration does: every message to the folder of its name, its keywords left behind. */
async function carry(from: House, to: House): Promise<void> {
  const [old, fresh] = await Promise.all([from.open(), to.open()])
  for (const folder of await old.folders()) {
    const ids: string[] = []
    for await (const page of old.changes(folder.id, undefined, { pageSize: 50 }))
      ids.push(...page.upserts.map(({ id }) => id))
    if (!ids.length) continue
    const target = await folderAt(fresh, folder.path)
    for await (const { source } of old.raw(folder.id, ids))
      await fresh.append(target.id, source as Uint8Array, { seen: true, received: new Date('2026-01-05T08:00:00Z') })
  }
  await Promise.all([old.close(), fresh.close()])
}

/** Message-IDs of what carries the tracked category. */
async function categorized(house: House): Promise<string[]> {
  const mailbox = await house.open()
  const found: string[] = []
  for (const folder of await mailbox.folders())
    for await (const page of mailbox.changes(folder.id, undefined, { pageSize: 50 })) {
      const marked = page.upserts.filter(({ categories }) => categories.includes('$Tracked')).map(({ id }) => id)
      if (marked.length)
        for (const { headers } of await mailbox.headers(folder.id, marked)) found.push(headers.messageId ?? '')
    }
  await mailbox.close()
  return found.toSorted()
}

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '#database'
import { openRegarding, syncMailbox } from '#sync'
import { seededRandom, systemClock } from '#time'
import { mail } from '../incoming/support/company.ts'
import { INBOX } from '../mailbox/conformance/use.ts'
import { MaildirClient } from '../mailbox/maildir/client.ts'
import { makeTestTarget } from '../support/database.ts'
import { effort } from './effort.ts'
import { type Crew, openCrew } from './support/crew.ts'
import { addProfile, type Employee, hire, tally } from './support/office.ts'
import { SOON } from './support/soon.ts'

const MAILBOXES = 3
const KILLS = Math.max(50, effort.minutes * 30)
const SEED = effort.seed ?? 4711
/** Is in every mailbox before anybody is killed. */
const FIRST = '<embedded-0@foreign.example>'
/** From 64 KiB on contents lie in files of their own. */
const SIZES = [100, 5_000, 70_000, 200_000]

const posts: MaildirClient[] = []
let directory: string
let employees: Employee[]
let crew: Crew
let remove: () => Promise<void>

const open = () => openRegarding({ directory }, { schedule: SOON })

beforeAll(async () => {
  const made = await makeTestTarget('embedded')
  if (!('directory' in made.target)) throw new Error('A directory was asked for')
  directory = made.target.directory
  remove = made.remove
  const regarding = await open()
  for (let count = 0; count < MAILBOXES; count++) posts.push(await MaildirClient.make())
  const users = posts.map((post) => post.root.replace(/^.*\//, ''))
  await addProfile(regarding, {
    name: 'Maildir',
    servertype: 4,
    incomingserverlocation: join(posts[0]?.root ?? '', '..', '%u'),
  })
  employees = await hire(regarding, { newUser: () => users.shift() as string }, MAILBOXES)
  // Who dies while a folder learns the name of a keyword leaves a lock behind that others respect for two minutes.
  for (const post of posts) await post.deliver(INBOX, letter(0, FIRST, [0, 1, 2], 100).source)
  for (const { mailboxId } of employees) await syncMailbox(regarding, mailboxId)
  await regarding.close()
  crew = await openCrew('killableEmbedded.ts', [directory])
})
afterAll(async () => {
  await crew?.close()
  await remove?.()
  for (const post of posts) await rm(post.root, { recursive: true, force: true })
})

test(
  `laws 1, 2, 9: ${KILLS} kills of the process that has the embedded store lose and double nothing, and leave it whole`,
  async () => {
    const random = seededRandom(SEED)
    const letters = seededRandom(SEED + 1)
    /** SHA-256 of the attachment of each letter, by Message-ID. */
    const files = new Map([[FIRST, letter(0, FIRST, [0, 1, 2], 100).hash]])
    let copies = MAILBOXES
    const enough = new AbortController()
    /** The post comes all the while, whoever has the store. */
    const postman = (async () => {
      while (!enough.signal.aborted) {
        const messageId = `<embedded-${files.size}@foreign.example>`
        const first = Math.floor(letters() * MAILBOXES)
        const to = letters() < 0.3 ? [first, (first + 1) % MAILBOXES] : [first]
        const { source, hash } = letter(files.size, messageId, to, SIZES[Math.floor(letters() * SIZES.length)] ?? 0)
        files.set(messageId, hash)
        for (const index of to) {
          await posts[index]?.deliver(INBOX, source)
          copies++
        }
        await systemClock.sleep(letters() * 500)
      }
    })()
    let inTheMiddle = 0
    // Each waits for the one before it: which of two that wait gets the store is not for them to decide.
    const start = () =>
      crew.start(String(Math.floor(random() * 8)), random() < 0.5 ? 'stands' : 'goes on', String(crew.youngest))
    let next = start()
    // From now on one has the store, and the next waits for it.
    await expect.poll(() => existsSync(join(directory, 'holder.json')), { timeout: 10_000 }).toBe(true)
    for (let count = 0; count < KILLS; count++) {
      const opened = next
      next = start()
      // Two of five die while they open the store, which another has left to be recovered.
      if (count % 5 === 1 || count % 5 === 3) await systemClock.sleep(50 + random() * 750)
      else {
        if (Number(await opened) > 0) inTheMiddle++
        // An effect takes a few milliseconds: who goes on dies within one or soon after it.
        await systemClock.sleep(random() ** 2 * 60)
      }
      await crew.kill(0)
      await opened
    }
    await crew.kill(0)
    enough.abort()
    await postman
    expect(inTheMiddle).toBeGreaterThan(KILLS / 5)
    const regarding = await open()
    const { database } = regarding
    // What was done so far was done by processes that were killed.
    expect((await tally(database)).emails).toBeGreaterThan(1)
    for (const { mailboxId } of employees) await syncMailbox(regarding, mailboxId)
    expect(await tally(database)).toEqual({ emails: files.size, keys: files.size, wants: 0 })
    const { rows } = await sql`select
      (select count(*)::int from email_copy where gone_on is null) as copies,
      (select count(*)::int from decision) as decisions,
      (select count(*)::int from mailbox_schedule where lease_owner is not null) as leases`.execute(database.sql)
    expect(rows[0]).toEqual({ copies, decisions: copies, leases: 0 })
    expect(await attachments(database)).toEqual(files)
    await regarding.close()

    const again = await open()
    await checkStore(again.database)
    await again.close()
    await checkFiles(join(directory, 'blobs'))
    for (const post of posts) {
      const items = await post.list(INBOX)
      expect(new Set(items.map((item) => item.messageId)).size).toBe(items.length)
      expect(items.filter((item) => !item.categories.includes('$Tracked'))).toEqual([])
    }
    expect((await Promise.all(posts.map((post) => post.list(INBOX)))).flat()).toHaveLength(copies)
  },
  120_000 + KILLS * 10_000,
)

/** A letter with an attachment of `size` bytes; letters of one size and of numbers seven apart carry the same. */
function letter(number: number, messageId: string, to: readonly number[], size: number) {
  const content = Buffer.alloc(size, `${number % 7} attached `)
  const boundary = 'boundary'
  const source = mail({
    from: `stranger${number % 7}@foreign.example`,
    to: to.map((index) => employees[index]?.address ?? ''),
    subject: `Letter ${number}`,
    messageId,
    headers: { 'Content-Type': `multipart/mixed; boundary="${boundary}"` },
    body: [
      `--${boundary}`,
      'Content-Type: text/plain; charset=utf-8',
      '',
      'See the file.',
      `--${boundary}`,
      'Content-Type: application/octet-stream',
      'Content-Disposition: attachment; filename="file.bin"',
      'Content-Transfer-Encoding: base64',
      '',
      content.toString('base64').replace(/.{76}/g, '$&\r\n'),
      `--${boundary}--`,
    ].join('\r\n'),
  })
  return { source, hash: sha256(content) }
}

/** SHA-256 of what the store gives as the one attachment of each email, by Message-ID. */
async function attachments(database: Database): Promise<Map<string, string>> {
  const { rows } = await sql<{ messageid: string; contenthash: string }>`
    select e.messageid, a.contenthash from activitymimeattachment a join email e on e.activityid = a.objectid
    order by e.createdon, e.activityid`.execute(database.sql)
  const found = new Map<string, string>()
  for (const { messageid, contenthash } of rows) {
    if (found.has(messageid)) throw new Error(`${messageid} has more than one attachment`)
    found.set(messageid, sha256((await database.blobs.get(database.sql, contenthash)) ?? Buffer.alloc(0)))
  }
  return found
}

/** PostgreSQL's own checks: every page read against its checksum, every index made anew over its table. */
async function checkStore(database: Database): Promise<void> {
  const { rows } = await sql<{ data_checksums: string }>`show data_checksums`.execute(database.sql)
  expect(rows[0]?.data_checksums).toBe('on')
  await sql`vacuum (disable_page_skipping)`.execute(database.sql)
  await sql`reindex schema public`.execute(database.sql)
  await database.maintain()
}

/** Every file beside the database is whole: its name is the hash of what it holds. */
async function checkFiles(blobs: string): Promise<void> {
  let count = 0
  for (const folder of await readdir(blobs)) {
    if (folder === 'new') continue // writing that was cut short
    for (const name of await readdir(join(blobs, folder))) {
      expect(sha256(await readFile(join(blobs, folder, name)))).toBe(`${folder}${name}`)
      count++
    }
  }
  expect(count).toBeGreaterThan(0)
}

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

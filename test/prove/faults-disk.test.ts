import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase, type Target } from '#database'
import { LANE } from '#schedule'
import { mail } from '../incoming/support/company.ts'
import { type Engine, engines, makeTestInstallation, TEST_KEY } from '../support/database.ts'
import { mountDisk, type SmallDisk } from '../support/disk.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import {
  accountOf,
  BACK_OFF,
  type Desk,
  expectTracked,
  newDesk,
  openAlerts,
  openWorks,
  openWorksOn,
} from './support/works.ts'

const MEGABYTE = 1024 * 1024

let dovecot: Dovecot
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(() => dovecot?.stop())

/** A new database whose files all lie on the disk. */
async function targetOn(disk: SmallDisk, engine: Engine): Promise<{ target: Target; remove: () => Promise<void> }> {
  const made = await makeTestInstallation(engine)
  if ('directory' in made.target) {
    const directory = join(disk.path, 'data')
    execFileSync('cp', ['-R', made.target.directory, directory])
    return { target: { directory }, remove: made.remove }
  }
  const { url } = made.target
  const name = new URL(url).pathname.slice(1)
  const space = `space_${name}`
  execFileSync('install', ['-d', '-o', 'postgres', '-m', '700', join(disk.path, 'space')])
  const administer = async (...statements: string[]) => {
    const client = new Client({ connectionString: Object.assign(new URL(url), { pathname: '/postgres' }).href })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  await administer(
    `create tablespace ${space} location '${join(disk.path, 'space')}'`,
    `alter database ${name} set tablespace ${space}`,
  )
  return {
    target: made.target,
    remove: async () => {
      await made.remove()
      await administer(`drop tablespace ${space}`)
    },
  }
}

/** Files that were begun and have no name yet: on a full disk none may stay. */
function leftovers(disk: SmallDisk): string[] {
  const folder = join(disk.path, 'data/blobs/new')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** What cannot be compressed, in lines. */
const noise = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll(/.{76}/g, '$&\r\n')

describe.each(engines)('a disk that is full, on %s', (engine) => {
  test.each([
    { what: 'attachments', letter: withAttachment },
    { what: 'bodies', letter: withBody },
  ])('laws 1 and 2: a store without room for $what says so, and goes on once there is room', async ({ letter }) => {
    const disk = mountDisk(256 * MEGABYTE)
    const { target, remove } = await targetOn(disk, engine)
    const works = await openWorks(await openDatabase(target, { key: { text: TEST_KEY } }), dovecot)
    onTestFinished(async () => {
      await works.close()
      await remove()
      disk.remove()
    })
    const desk = await newDesk(works)
    disk.fill(256 * 1024)
    const ids = Array.from({ length: 4 }, (_, index) => `<full-${index}@foreign.example>`)
    for (const id of ids) await desk.side.deliver(['INBOX'], letter(desk, id))
    const statusOf = async () => (await works.regarding.schedule.statusOf(desk.mailboxId))[0]
    await works.regarding.schedule.makeDue([{ mailboxId: desk.mailboxId, workload: 'incoming', lane: LANE.immediate }])
    // Whether the failure itself can be written down depends on what room is left in the database's own files.
    const said = async () =>
      [...works.complaints, (await statusOf().catch(String)) ?? ''].map((text) => JSON.stringify(text)).join('\n')
    await expect.poll(said, { timeout: 20_000 }).toMatch(/No space left|disk may be full|disk is full|ENOSPC/i)
    expect(leftovers(disk)).toEqual([])
    disk.free()
    await expect
      .poll(
        async () => {
          if ((await statusOf())?.running === false) works.clock.pass(BACK_OFF)
          await works.running.worker.settled()
          const { emails, unfinished } = await accountOf(works, desk)
          return emails.length === ids.length && unfinished === 0
        },
        { timeout: 30_000, interval: 300 },
      )
      .toBe(true)
    await expectTracked(works, desk, ids)
    await works.cycle(desk)
    expect([...(await openAlerts(works, desk)).keys()]).toEqual([])
  })
})

describe.each(engines)('a mail server whose disk is full, on %s', (engine) => {
  test('law 1, T-98: a category that it only seemed to take, nobody has taken off; others go on once there is room', async () => {
    const disk = mountDisk(2 * MEGABYTE)
    const works = await openWorksOn(engine, { dovecot: { mail: disk.path } })
    onTestFinished(async () => {
      await works.close()
      disk.remove()
    })
    const desk = await newDesk(works)
    const ids = [await desk.post()]
    disk.fill(0)
    // Dovecot says OK, and shows `unknown-0` from then on.
    expect((await works.cycle(desk)).error).toBeUndefined()
    expect(await desk.side.list(['INBOX'])).toMatchObject([{ messageId: ids[0], categories: ['unknown-0'] }])
    for (let count = 0; count < 2; count++) expect(await works.cycle(desk)).toMatchObject({ outcome: { processed: 0 } })
    expect(await accountOf(works, desk)).toMatchObject({ emails: ids, decisions: [`${ids[0]} tracked`] })
    disk.free()
    ids.push(await desk.post())
    expect((await works.cycle(desk)).error).toBeUndefined()
    // What Dovecot has lost stays lost: the email stands without its category.
    expect(await accountOf(works, desk)).toEqual({
      emails: ids,
      decisions: ids.map((id) => `${id} tracked`),
      unmarked: [ids[0]],
      unfinished: 0,
    })
  })
})

function withBody(desk: Desk, messageId: string): Uint8Array {
  return mail({ from: 'otto@foreign.example', to: desk.address, messageId, body: noise(400_000) })
}

function withAttachment(desk: Desk, messageId: string): Uint8Array {
  const headers = { 'Content-Type': 'multipart/mixed; boundary="b"' }
  const file = '--b\r\nContent-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
  const body = `--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n${file}${noise(400_000)}\r\n--b--\r\n`
  return mail({ from: 'otto@foreign.example', to: desk.address, messageId, headers, body })
}

import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '#database'
import type { IncomingOutcome } from '#incoming'
import { mail } from '../incoming/support/company.ts'
import { largeLetter } from '../mailbox/conformance/letters.ts'
import { bundleOf } from '../support/bundle.ts'
import { engines, makeTestInstallation, TEST_KEY } from '../support/database.ts'
import { type Dovecot, startDovecot } from '../support/dovecot.ts'
import { type Employee, openOffice, tally } from './support/office.ts'

const MEGABYTE = 1024 * 1024
const SIZE = 100 * MEGABYTE

let dovecot: Dovecot
beforeAll(async () => {
  dovecot = await startDovecot()
})
afterAll(() => dovecot?.stop())

/** A message whose attachment alone has `SIZE` bytes. */
function withAttachment(id: string): Buffer {
  const head = mail({
    from: 'otto@foreign.example',
    messageId: id,
    headers: { 'Content-Type': 'multipart/mixed; boundary="b"' },
    body: [
      '--b\r\nContent-Type: text/plain\r\n\r\nThe film.',
      '--b\r\nContent-Type: video/mp4; name="film.mp4"\r\nContent-Disposition: attachment; filename="film.mp4"\r\n' +
        'Content-Transfer-Encoding: base64\r\n\r\n',
    ].join('\r\n'),
  })
  const line = `${'QUJD'.repeat(19)}\r\n`
  return Buffer.concat([head, Buffer.from(line.repeat(Math.ceil(SIZE / line.length))), Buffer.from('--b--\r\n')])
}

test.each(engines)(
  'T-90, T-91: a message of 100 MB needs little memory, says what was left out, and holds up nobody, on %s',
  async (engine) => {
    const { target, remove } = await makeTestInstallation(engine)
    const database = await openDatabase(target, { key: { text: TEST_KEY } })
    const office = await openOffice(database, dovecot, { count: 1 })
    await database.close()
    const [{ user, mailboxId }] = office.employees as [Employee]
    const child = fork(
      await bundleOf(join(import.meta.dirname, 'support/measured.ts')),
      [JSON.stringify(target), TEST_KEY, mailboxId],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    )
    const heard = () =>
      new Promise<unknown>((resolve, reject) => {
        child.once('message', resolve)
        child.once('exit', (code) => reject(new Error(`The process ended with ${code}`)))
      })
    try {
      expect(await heard()).toBe('ready')
      const letters = {
        '<1-body@foreign.example>': largeLetter('<1-body@foreign.example>', 12 * MEGABYTE),
        '<2-film@foreign.example>': withAttachment('<2-film@foreign.example>'),
        '<3-small@foreign.example>': mail({ from: 'otto@foreign.example', messageId: '<3-small@foreign.example>' }),
      }
      for (const [name, source] of Object.entries(letters))
        writeFileSync(join(dovecot.maildir(user), 'new', `${Date.now()}.${name.slice(1, 3)}.test`), source, {
          mode: 0o666,
        })
      const ended = heard()
      child.send('go')
      const { tally: counted, grew } = (await ended) as { tally: IncomingOutcome; grew: number }
      expect(counted).toMatchObject({ seen: 3, tracked: 3, failed: 0 })
      expect(grew).toBeLessThan(100 * MEGABYTE)
    } finally {
      child.kill('SIGKILL')
    }
    const again = await openDatabase(target, { key: { text: TEST_KEY } })
    const { rows } = await sql`
    select messageid, notifications, attachmentcount, length(description) < 1100000 as bounded from email order by messageid`.execute(
      again.sql,
    )
    expect(rows).toEqual([
      { messageid: '<1-body@foreign.example>', notifications: 2, attachmentcount: 0, bounded: true },
      { messageid: '<2-film@foreign.example>', notifications: 1, attachmentcount: 0, bounded: true },
      { messageid: '<3-small@foreign.example>', notifications: null, attachmentcount: 0, bounded: true },
    ])
    expect(await tally(again)).toEqual({ emails: 3, keys: 3, wants: 0 })
    await again.close()
    await remove()
  },
)

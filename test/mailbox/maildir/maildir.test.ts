import { cp, link, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectionSettings, type Mailbox, openMailbox } from '#mailbox'
import { SimulatedClock, systemClock } from '#time'
import { sorted } from '../conformance/copy.ts'
import { letter } from '../conformance/letters.ts'
import { bytesOf, copyOf, drain, expectFailure, folderAt, INBOX, idOf, TRACKED } from '../conformance/use.ts'
import { MaildirClient, makeDirectories } from './client.ts'

async function open(clock = systemClock): Promise<{ client: MaildirClient; mailbox: Mailbox }> {
  const client = await MaildirClient.make()
  const mailbox = await openMailbox(connectionSettings({ kind: 'maildir', path: client.root }), { clock })
  onTestFinished(async () => {
    await mailbox.close()
    await rm(client.root, { recursive: true, force: true })
  })
  return { client, mailbox }
}

function refuse(): never {
  throw new Error('ENOSPC: too many watches')
}

const id = (number: number) => `<m${number}@adatum.example>`

async function deliver(client: MaildirClient, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) await client.deliver(INBOX, letter({ id: id(number) }))
}

describe('folders of a Maildir', () => {
  test.each(['../escape', '..', '.', 'a/b/../../c', 'a.b', './x', '/etc/passwd', 'new\nline', 'nul\0l', '~root'])(
    'FT-12: the name %j stays within the Maildir and comes back as it is',
    async (name) => {
      const { client, mailbox } = await open()
      const folder = await mailbox.createFolder(name)
      expect(folder.path).toEqual([name])
      const [made, ...others] = (await readdir(client.root)).filter((entry) => entry.startsWith('.'))
      expect(others).toEqual([])
      expect(made).toMatch(/^\.[^./]+$/)
      expect((await stat(join(client.root, made ?? '', 'cur'))).isDirectory()).toBe(true)
      expect(await folderAt(mailbox, [name])).toEqual(folder)
    },
  )

  test('FT-12: an empty or far too long name is refused', async () => {
    const { mailbox } = await open()
    await expectFailure(() => mailbox.createFolder(''), 'unsupported')
    await expectFailure(() => mailbox.createFolder('ü'.repeat(200)), 'unsupported')
    expect(await mailbox.folders()).toHaveLength(1)
  })

  test('FT-12: the inbox is created under no other name', async () => {
    const { client, mailbox } = await open()
    const inbox = await folderAt(mailbox, INBOX)
    expect(await mailbox.createFolder('Inbox')).toEqual(inbox)
    expect(await readdir(client.root)).not.toContain('maildirfolder')
    const child = await mailbox.createFolder('Adatum', inbox.id)
    expect(child.path).toEqual(['INBOX', 'Adatum'])
  })

  test('FT-12: links, hidden leftovers and directories without mail are no folders', async () => {
    const { client, mailbox } = await open()
    const elsewhere = await MaildirClient.make()
    onTestFinished(() => rm(elsewhere.root, { recursive: true }))
    await symlink(elsewhere.root, join(client.root, '.Link'))
    await mkdir(join(client.root, '.Empty'))
    for (const name of ['..DOVECOT-TRASHED', '.A..B', '.INBOX', 'plain']) await makeDirectories(join(client.root, name))
    expect((await mailbox.folders()).map((folder) => folder.path)).toEqual([INBOX])
  })

  test('FT-12: a folder written in UTF-8 has its name, and usual names tell the use', async () => {
    const { client, mailbox } = await open()
    for (const name of ['.Käufer & Co', '.Sent', '.INBOX.Trash', '.Other.Drafts', '.Spam']) {
      await makeDirectories(join(client.root, name))
    }
    const folders = new Map((await mailbox.folders()).map((folder) => [folder.path.join('/'), folder.use]))
    expect(Object.fromEntries(folders)).toEqual({
      INBOX: 'inbox',
      'Käufer & Co': undefined,
      Sent: 'sent',
      'INBOX/Trash': 'trash',
      'Other/Drafts': undefined,
      Spam: 'junk',
    })
  })

  test('FT-45: a folder copied with all its files becomes another one; the original stays what it was', async () => {
    const { client, mailbox } = await open()
    const original = await mailbox.createFolder('Original')
    await cp(client.folder(['Original']), client.folder(['A copy']), { recursive: true })
    const copy = await folderAt(mailbox, ['A copy'])
    expect(copy.id).not.toBe(original.id)
    expect(await folderAt(mailbox, ['Original'])).toEqual(original)
    expect(await folderAt(mailbox, ['A copy'])).toEqual(copy)
  })

  test('FT-12: two who look for the first time at once agree on the ids', async () => {
    const { client, mailbox } = await open()
    for (let number = 0; number < 10; number++) await client.createFolder([`Folder ${number}`])
    const other = await openMailbox({ kind: 'maildir', path: client.root }, { clock: systemClock })
    const [mine, theirs] = await Promise.all([mailbox.folders(), other.folders()])
    expect(mine).toEqual(theirs)
    expect(await mailbox.folders()).toEqual(mine)
    expect((await readdir(client.root)).filter((name) => name.startsWith('regarding-folder.'))).toEqual([])
  })
})

describe('changes of a Maildir', () => {
  test('B-13: in a large folder one new message is listed alone, and one changed with few others', async () => {
    const { client, mailbox } = await open()
    await deliver(client, 1, 400)
    const copy = await copyOf(mailbox)
    await copy.follow({ pageSize: 50 })
    await deliver(client, 401, 401)
    expect((await copy.follow()).upserts).toHaveLength(1)
    await client.setSeenByUser(INBOX, id(17), true)
    const { upserts } = await copy.follow()
    expect(upserts.length).toBeLessThanOrEqual(60)
    expect(upserts.map((item) => copy.items.get(item)?.seen)).toContain(true)
  })

  test.each([1, 3])(
    'B-13: a message that comes back while its removal is told is told again, of %s removals on a page',
    async (pageSize) => {
      const { client, mailbox } = await open()
      await deliver(client, 1, 4)
      await client.createFolder(['Away'])
      const copy = await copyOf(mailbox)
      await copy.catchUp()
      for (const number of [1, 2, 3]) await client.moveByUser(INBOX, id(number), ['Away'])
      for (const number of [1, 2, 3])
        await copy.follow({ pageSize, pages: 1, during: () => client.moveByUser(['Away'], id(number), INBOX) })
      await copy.catchUp()
      expect(await copy.described()).toEqual(sorted(await client.list(INBOX)))
    },
  )

  test('B-13: any clock of any sender does no harm: names and dates from the past and the future', async () => {
    const { client, mailbox } = await open()
    await deliver(client, 1, 5)
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const names = ['1.M1P1.old', '99999999999.M1P1.new', 'without-any-time', '0.0.0', '1700000000.V1I2.host,S=5']
    for (const [index, name] of names.entries()) {
      const file = join(client.root, 'new', name)
      await writeFile(file, letter({ id: id(10 + index) }))
      await utimes(file, new Date(index * 1e12), new Date(index * 1e12))
      await copy.catchUp(2)
      expect(await copy.described()).toEqual(sorted(await client.list(INBOX)))
    }
  })

  test('FT-51: a message that is renamed while the folder is listed is never reported as removed', async () => {
    const { client, mailbox } = await open()
    await deliver(client, 1, 60)
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const stop = new AbortController()
    const flagging = (async () => {
      for (let seen = true; !stop.signal.aborted; seen = !seen) {
        for (const number of [1, 20, 40]) await client.setSeenByUser(INBOX, id(number), seen)
      }
    })()
    for (let round = 0; round < 30; round++) expect((await copy.follow({ pageSize: 7 })).removals).toEqual([])
    stop.abort()
    await flagging
    await copy.catchUp()
    expect(await copy.described()).toEqual(sorted(await client.list(INBOX)))
  })

  test('law 1: a message that had another name for a moment, while it should be told, is told later', async () => {
    const { client, mailbox } = await open()
    await deliver(client, 1, 3)
    const copy = await copyOf(mailbox)
    await copy.follow({ pageSize: 1, during: () => client.setSeenByUser(INBOX, id(3), true) })
    expect(copy.items.size).toBe(2)
    await client.setSeenByUser(INBOX, id(3), false)
    await copy.catchUp()
    expect(await copy.described()).toEqual(sorted(await client.list(INBOX)))
  })

  test('T-5: categories of other programs keep their letters; a 27th is refused', async () => {
    const { client, mailbox } = await open()
    await writeFile(join(client.root, 'dovecot-keywords'), '0 Junk\n3 Later\n')
    await deliver(client, 1, 1)
    const { folder } = await copyOf(mailbox)
    const item = await idOf(mailbox, folder, id(1))
    await mailbox.mark(folder, [item], { add: [TRACKED] })
    expect(await readFile(join(client.root, 'dovecot-keywords'), 'utf8')).toBe('0 Junk\n1 $Tracked\n3 Later\n')
    expect((await readdir(join(client.root, 'cur')))[0]).toMatch(/:2,b$/)
    for (let number = 0; number < 23; number++) await mailbox.mark(folder, [item], { add: [`K${number}`] })
    await expectFailure(() => mailbox.mark(folder, [item], { add: ['One.more'] }), 'unsupported')
    await mailbox.mark(folder, [item], { remove: [TRACKED] })
    expect((await readdir(client.root)).filter((name) => name.endsWith('.lock'))).toEqual([])
  })

  test('T-94: categories given in parallel by two programs all stay', async () => {
    const { client, mailbox } = await open()
    await deliver(client, 1, 4)
    const other = await openMailbox({ kind: 'maildir', path: client.root }, { clock: systemClock })
    const { folder } = await copyOf(mailbox)
    const ids = await Promise.all([1, 2, 3, 4].map((number) => idOf(mailbox, folder, id(number))))
    await Promise.all(ids.map((item, at) => (at % 2 ? mailbox : other).mark(folder, [item], { add: [`K${at}`] })))
    const kept = sorted(await client.list(INBOX)).map((item) => item.categories)
    expect(kept).toEqual([['K0'], ['K1'], ['K2'], ['K3']])
  })

  test('law 10: a keyword lock left behind by a crash is broken after two minutes', async () => {
    const clock = new SimulatedClock(new Date(Date.now() + 300_000))
    const { client, mailbox } = await open(clock)
    await deliver(client, 1, 1)
    await writeFile(join(client.root, 'dovecot-keywords.lock'), '')
    const { folder } = await copyOf(mailbox)
    await mailbox.mark(folder, [await idOf(mailbox, folder, id(1))], { add: [TRACKED] })
    expect((await client.list(INBOX))[0]?.categories).toEqual([TRACKED])
  })
})

describe('deeds in a Maildir', () => {
  test('law 1: a message is stored whole: flags in its name, its date, nothing left in tmp', async () => {
    const { client, mailbox } = await open()
    const { folder } = await copyOf(mailbox)
    const received = new Date('2026-01-05T10:00:00Z')
    await mailbox.append(folder, letter({ id: id(1) }), { seen: true, received })
    const [name] = await readdir(join(client.root, 'cur'))
    expect(name).toMatch(/^\d+\.M\d{6}P\d+Q\d+R[0-9a-f]{8}\.[\w-]+,S=\d+:2,S$/)
    expect((await stat(join(client.root, 'cur', name ?? ''))).mtime).toEqual(received)
    expect(await readdir(join(client.root, 'tmp'))).toEqual([])
  })

  test('law 2: a move that crashed half way is finished, with one message at the end', async () => {
    const { client, mailbox } = await open()
    await client.createFolder(['Done'])
    await deliver(client, 1, 1)
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const to = await folderAt(mailbox, ['Done'])
    const [before] = await client.files(INBOX)
    await link(before?.file ?? '', join(client.folder(['Done']), 'cur', `${before?.name}:2,`))
    const moved = await mailbox.move(copy.folder, [...copy.items.keys()], to.id)
    expect([...moved.values()]).toEqual([before?.name])
    expect(await client.files(INBOX)).toEqual([])
    expect(await client.files(['Done'])).toHaveLength(1)
  })

  test('law 1: a move never overwrites another message of the same name', async () => {
    const { client, mailbox } = await open()
    await client.createFolder(['Done'])
    await deliver(client, 1, 1)
    const [file] = await client.files(INBOX)
    await writeFile(join(client.folder(['Done']), 'cur', `${file?.name}:2,`), letter({ id: id(2) }))
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const to = await folderAt(mailbox, ['Done'])
    const moved = await mailbox.move(copy.folder, [...copy.items.keys()], to.id)
    expect((await client.list(['Done'])).map((item) => item.messageId).sort()).toEqual([id(1), id(2)])
    expect(await mailbox.headers(to.id, [...moved.values()])).toMatchObject([{ headers: { messageId: id(1) } }])
  })

  test('B-2: a category keeps its meaning in a folder whose letters differ', async () => {
    const { client, mailbox } = await open()
    await client.createFolder(['Done'])
    await writeFile(join(client.folder(['Done']), 'dovecot-keywords'), '0 Junk\n1 Later\n')
    await client.deliver(INBOX, letter({ id: id(1) }), { categories: [TRACKED], seen: true })
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    await mailbox.move(copy.folder, [...copy.items.keys()], (await folderAt(mailbox, ['Done'])).id)
    expect(await client.list(['Done'])).toEqual([{ messageId: id(1), seen: true, categories: [TRACKED] }])
  })

  test('B-2: an id is looked up in the folder and never used as a path', async () => {
    const { client, mailbox } = await open()
    await writeFile(join(client.root, 'secret'), 'Subject: secret\n\n')
    const { folder } = await copyOf(mailbox)
    for (const trick of ['../secret', '../../etc/passwd', '', '.', '/etc/passwd']) {
      expect(await mailbox.headers(folder, [trick])).toEqual([])
      expect(await drain(mailbox.raw(folder, [trick]))).toEqual([])
      await mailbox.remove(folder, [trick])
    }
    await expectFailure(() => mailbox.headers('../..', ['x']), 'notFound')
    expect(await readFile(join(client.root, 'secret'), 'utf8')).toContain('secret')
  })

  test('T-90: files that a client renames are found under their new names', async () => {
    const { client, mailbox } = await open()
    await deliver(client, 1, 3)
    const copy = await copyOf(mailbox)
    await copy.catchUp()
    const ids = [...copy.items.keys()]
    expect(await mailbox.headers(copy.folder, ids)).toHaveLength(3)
    await client.setSeenByUser(INBOX, id(2), true)
    expect(await mailbox.headers(copy.folder, ids)).toHaveLength(3)
    await client.setSeenByUser(INBOX, id(2), false)
    const sources = []
    for await (const message of mailbox.raw(copy.folder, ids)) sources.push(await bytesOf(message.source))
    expect(sources).toHaveLength(3)
    await mailbox.remove(copy.folder, ids)
    expect(await client.list(INBOX)).toEqual([])
  })

  test('B-10: mail is found by looking where the file system tells nothing', async () => {
    const { watchFolder } = await import('../../../src/mailbox/maildir/watch.ts')
    const clock = new SimulatedClock()
    const { client } = await open()
    let hints = 0
    const watch = await watchFolder(client.root, clock, () => hints++, refuse)
    const look = async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 2))
      await clock.advance(5_000)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await look()
    expect(hints).toBe(0)
    await deliver(client, 1, 1)
    await look()
    expect(hints).toBe(1)
    await watch.close()
    await deliver(client, 2, 2)
    await look()
    expect(hints).toBe(1)
  })

  test('law 10: what the file system refuses is a MailboxError that names the Maildir', async () => {
    const { client, mailbox } = await open()
    const { folder } = await copyOf(mailbox)
    await rename(join(client.root, 'new'), join(client.root, 'gone'))
    const failure = mailbox.headers(folder, ['x'])
    await expect(failure).rejects.toMatchObject({ name: 'MailboxError', kind: 'notFound' })
    await expect(failure).rejects.toThrow(client.root)
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { setRegarding } from '#incoming'
import { type Reference, type Row, SYSTEM } from '#records'
import { removeMapping, saveMapping } from '#sync'
import { openTestInstallation } from '../../support/database.ts'
import { addUser, type Company, mail, openCompany, refuseSubject } from '../support/company.ts'

const INBOX = 'INBOX'

/** Folder ids that survive a rename, and folder ids that are paths (IMAP), where a fingerprint recognises the folder. */
describe.each([true, false])('folder tracking, folder ids are stable: %s', (stableFolderIds) => {
  let company: Company
  let north: Reference
  let south: Reference
  beforeAll(async () => {
    company = await openCompany(await openTestInstallation(), { server: { can: { stableFolderIds } } })
    north = await company.account({ name: 'North' })
    south = await company.account({ name: 'South' })
    await company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: 'None' })
  })
  afterAll(() => company?.close())

  let number = 0
  let name: string
  beforeEach(async () => {
    name = `Folder ${++number}`
    inbox().createFolder([INBOX, name])
    const ids = (await mappings()).map((row) => String(row['mailboxtrackingfolderid']))
    await system().deleteMany('mailboxtrackingfolder', ids)
  })

  const system = () => company.regarding.records.as(SYSTEM)
  const inbox = () => company.server.account(company.anna.address)
  const mappings = async () => (await system().query({ table: 'mailboxtrackingfolder' })).rows
  const map = (folder: string, regarding?: Reference, more: { alwaysReapply?: boolean } = {}) =>
    saveMapping(company.regarding, SYSTEM, {
      mailboxId: company.anna.mailboxId,
      folderPath: `${INBOX}/${folder}`,
      ...(regarding ? { regarding } : {}),
      ...more,
    })
  const deliver = (folder: string[], subject: string) =>
    inbox().deliver(folder, mail({ from: 'otto@kern.example', to: 'anna@adatum.example', subject }))
  const cycle = () => company.cycle(company.anna)
  const setMethod = (incomingemaildeliverymethod: number) =>
    company.regarding.mailboxes.update(SYSTEM, company.anna.mailboxId, { incomingemaildeliverymethod })
  async function email(subject: string): Promise<Row | undefined> {
    return (await company.emails({ subject })).at(-1)
  }
  /** What the email with the subject regards: a name, nothing, or no such email. */
  async function regards(subject: string): Promise<'North' | 'South' | 'nothing' | 'not tracked'> {
    const row = await email(subject)
    if (!row) return 'not tracked'
    const id = row['regardingobjectid']
    return id === north.id ? 'North' : id === south.id ? 'South' : 'nothing'
  }

  it('FT-3, FT-20, FT-28: what is new in a mapped folder is tracked whatever filters say and however old; what is tracked is linked', async () => {
    await map(name, north)
    const source = mail({ from: 'otto@kern.example', to: 'anna@adatum.example', subject: `${name} old` })
    inbox().deliver([INBOX, name], source, { received: new Date('2001-01-01T00:00:00Z') })
    expect(await cycle()).toMatchObject({ tracked: 1 })
    expect(await regards(`${name} old`)).toBe('North')
    inbox().deliver([INBOX, name], source)
    expect(await cycle()).toMatchObject({ tracked: 0, linked: 1 })
    expect(await company.emails({ subject: `${name} old` })).toHaveLength(1)
  })

  it('FT-21: what lay in the folder before is tracked too, and the mapping tells when that is done', async () => {
    deliver([INBOX, name], `${name} before`)
    await cycle()
    expect(await regards(`${name} before`)).toBe('not tracked')
    await map(name)
    expect(await mappings()).toMatchObject([{ folderonboardingstatus: 0 }])
    expect(await cycle()).toMatchObject({ tracked: 1 })
    expect(await mappings()).toMatchObject([{ folderonboardingstatus: 2 }])
  })

  it('FT-15: the folders within are not tracked, and an unmapped folder may lie in a mapped one', async () => {
    inbox().createFolder([INBOX, name, 'Within'])
    await map(name)
    deliver([INBOX, name, 'Within'], `${name} within`)
    expect(await cycle()).toMatchObject({ tracked: 0 })
    expect(await regards(`${name} within`)).toBe('not tracked')
  })

  it('FT-22, FT-23, MO-112: a mapping gives its regarding to emails that had another; one that a person chose stays (B-50)', async () => {
    const id = deliver([INBOX], `${name} chosen`)
    inbox().categorize([INBOX], id, { add: ['$Tracked'] })
    await cycle()
    await map(name, north)
    inbox().move([INBOX], id, [INBOX, name])
    await cycle()
    expect(await regards(`${name} chosen`)).toBe('North')
    await setRegarding(company.regarding, SYSTEM, String((await email(`${name} chosen`))?.['activityid']), south)
    await cycle()
    expect(await regards(`${name} chosen`)).toBe('South')
    await map(name, north, { alwaysReapply: true })
    await cycle()
    expect(await regards(`${name} chosen`)).toBe('North')
  })

  it('FT-26: a reply is tracked by correlation, but not when it was moved to an unmapped folder before a cycle saw it', async () => {
    await company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: 'Replies' })
    await map(name, north)
    inbox().deliver(
      [INBOX, name],
      mail({
        from: 'otto@kern.example',
        to: 'anna@adatum.example',
        subject: `${name} first`,
        messageId: `<${number}.${stableFolderIds}@kern.example>`,
      }),
    )
    await cycle()
    const reply = (subject: string) =>
      mail({
        from: 'otto@kern.example',
        to: 'anna@adatum.example',
        subject,
        inReplyTo: `<${number}.${stableFolderIds}@kern.example>`,
      })
    inbox().createFolder([INBOX, 'Aside'])
    inbox().deliver([INBOX], reply(`${name} reply`))
    inbox().deliver([INBOX, 'Aside'], reply(`${name} moved`))
    await cycle()
    expect([await regards(`${name} reply`), await regards(`${name} moved`)]).toEqual(['North', 'not tracked'])
    await company.regarding.options.setPersonal(SYSTEM, company.anna.id, { Track: 'None' })
  })

  it('FT-30, SC-56: a message that fails leaves the others of the folder alone, and is tracked once its cause is gone', async () => {
    await map(name, north)
    const lift = await refuseSubject(company.regarding, `${name} refused`)
    deliver([INBOX, name], `${name} refused`)
    deliver([INBOX, name], `${name} fine`)
    expect(await cycle()).toMatchObject({ tracked: 1, failed: 1 })
    expect([await regards(`${name} refused`), await regards(`${name} fine`)]).toEqual(['not tracked', 'North'])
    await lift()
    expect(await cycle()).toMatchObject({ tracked: 1, failed: 0 })
    expect(await regards(`${name} refused`)).toBe('North')
  })

  it('FT-40: mapping deleted', async () => {
    await map(name, north)
    const id = deliver([INBOX, name], `${name} one`)
    await cycle()
    await removeMapping(company.regarding, SYSTEM, company.anna.mailboxId, `${INBOX}/${name}`)
    deliver([INBOX, name], `${name} two`)
    expect(await cycle()).toMatchObject({ tracked: 0, untracked: 0 })
    expect([await regards(`${name} one`), await regards(`${name} two`)]).toEqual(['North', 'not tracked'])
    expect(
      inbox()
        .list([INBOX, name])
        .find((item) => item.id === id)?.categories,
    ).toContain('$Tracked')
  })

  it('FT-41: folder deleted', async () => {
    await map(name, north)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    inbox().deleteFolder([INBOX, name])
    await cycle()
    expect(await regards(`${name} one`)).toBe('North')
    expect(await mappings()).toMatchObject([{ mappingstate: 1 }])
  })

  it('FT-42: folder moved, still below the Inbox', async () => {
    await map(name, north)
    await cycle()
    inbox().createFolder([INBOX, `Above ${name}`])
    inbox().renameFolder([INBOX, name], [INBOX, `Above ${name}`, name])
    deliver([INBOX, `Above ${name}`, name], `${name} one`)
    await cycle()
    expect(await regards(`${name} one`)).toBe('North')
    expect(await mappings()).toMatchObject([{ mappingstate: 0 }])
  })

  it('FT-43: folder moved out of the Inbox, and back', async () => {
    await map(name, north)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    inbox().renameFolder([INBOX, name], [name])
    deliver([name], `${name} two`)
    await cycle()
    expect([await regards(`${name} one`), await regards(`${name} two`)]).toEqual(['North', 'not tracked'])
    expect(await mappings()).toMatchObject([{ mappingstate: 2 }])
    inbox().renameFolder([name], [INBOX, name])
    deliver([INBOX, name], `${name} three`)
    await cycle()
    expect(await regards(`${name} three`)).toBe('North')
    expect(await mappings()).toMatchObject([{ mappingstate: 0 }])
  })

  it('FT-44: folder renamed', async () => {
    await map(name, north)
    await cycle()
    inbox().renameFolder([INBOX, name], [INBOX, `${name} renamed`])
    deliver([INBOX, `${name} renamed`], `${name} one`)
    await cycle()
    expect(await regards(`${name} one`)).toBe('North')
    expect(await mappings()).toMatchObject([{ mappingstate: 0, foldername: `${name} renamed` }])
  })

  it('FT-14, FT-44: a folder mapped again after it was renamed is mapped once, and the mailbox goes on', async () => {
    await map(name, north)
    await cycle()
    inbox().renameFolder([INBOX, name], [INBOX, `${name} renamed`])
    await map(`${name} renamed`, south)
    deliver([INBOX, `${name} renamed`], `${name} one`)
    await cycle()
    expect(await regards(`${name} one`)).toBe('South')
    expect((await mappings()).filter((row) => row['mappingstate'] === 0)).toHaveLength(1)
  })

  it('FT-14, FT-44: renamed, mapped again and renamed once more, a folder follows what was said last, and the mailbox goes on', async () => {
    await map(name, north)
    inbox().renameFolder([INBOX, name], [INBOX, `${name} second`])
    await company.clock.advance(1_000)
    await map(`${name} second`, south)
    await cycle()
    inbox().renameFolder([INBOX, `${name} second`], [INBOX, `${name} third`])
    deliver([INBOX, `${name} third`], `${name} one`)
    await cycle()
    expect(await regards(`${name} one`)).toBe('South')
    await cycle()
  })

  it('B-14, FT-45: a folder that lost its records is still mapped where its id says that it is the same', async () => {
    await map(name, north)
    await cycle()
    inbox().invalidateCursors([INBOX, name], { renumber: true })
    deliver([INBOX, name], `${name} one`)
    await cycle()
    expect(await regards(`${name} one`)).toBe(stableFolderIds ? 'North' : 'not tracked')
  })

  it('FT-45: folder deleted, and another given its name', async () => {
    await map(name, north)
    await cycle()
    inbox().deleteFolder([INBOX, name])
    inbox().createFolder([INBOX, `${name} B`])
    inbox().renameFolder([INBOX, `${name} B`], [INBOX, name])
    deliver([INBOX, name], `${name} one`)
    await cycle()
    expect(await regards(`${name} one`)).toBe('not tracked')
    expect(await mappings()).toMatchObject([{ mappingstate: 1 }])
  })

  it('FT-46, FT-24: regarding taken off the mapping', async () => {
    await map(name, north)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    await map(name)
    deliver([INBOX, name], `${name} two`)
    await cycle()
    expect([await regards(`${name} one`), await regards(`${name} two`)]).toEqual(['North', 'nothing'])
  })

  it('FT-47: regarding of the mapping changed', async () => {
    await map(name, north)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    await map(name, south)
    deliver([INBOX, name], `${name} two`)
    await cycle()
    expect([await regards(`${name} one`), await regards(`${name} two`)]).toEqual(['South', 'South'])
  })

  it.each([
    ['FT-48', 'without regarding', undefined, 'North'],
    ['FT-49', 'with another regarding', 'South', 'South'],
  ] as const)('%s, FT-25: message moved to a folder mapped %s', async (_, __, target, expected) => {
    inbox().createFolder([INBOX, `${name} other`])
    await map(name, north)
    await map(`${name} other`, target && south)
    const id = deliver([INBOX, name], `${name} one`)
    await cycle()
    inbox().move([INBOX, name], id, [INBOX, `${name} other`])
    await cycle()
    await cycle()
    expect(await regards(`${name} one`)).toBe(expected)
    expect(await company.emails({ subject: `${name} one` })).toHaveLength(1)
  })

  it('FT-50, FT-25: message moved to an unmapped folder, and its regarding changed there', async () => {
    inbox().createFolder([INBOX, `${name} unmapped`])
    await map(name, north, { alwaysReapply: true })
    const id = deliver([INBOX, name], `${name} one`)
    await cycle()
    const moved = inbox().move([INBOX, name], id, [INBOX, `${name} unmapped`])
    expect(await cycle()).toMatchObject({ untracked: 0 })
    await setRegarding(company.regarding, SYSTEM, String((await email(`${name} one`))?.['activityid']), south)
    await cycle()
    expect(await regards(`${name} one`)).toBe('South')
    const item = inbox()
      .list([INBOX, `${name} unmapped`])
      .find(({ id: found }) => found === moved)
    expect(item?.categories).toContain('$Tracked')
  })

  it('FT-51: message deleted', async () => {
    await map(name, north)
    const id = deliver([INBOX, name], `${name} one`)
    await cycle()
    inbox().delete([INBOX, name], id)
    await cycle()
    expect(await regards(`${name} one`)).toBe('North')
  })

  it('FT-52: regarding record deleted', async () => {
    const gone = await company.account({ name: 'Gone' })
    await map(name, gone)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    await system().delete('account', gone.id)
    deliver([INBOX, name], `${name} two`)
    expect(await cycle()).toMatchObject({ tracked: 1, failed: 0 })
    expect(await regards(`${name} two`)).toBe('nothing')
    expect(await mappings()).toMatchObject([{ mappingstate: 0, regardingobjectid: null }])
  })

  it('FT-53, FT-1: folder tracking switched off', async () => {
    await map(name, north)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    await company.set({ UseFolderTracking: false })
    deliver([INBOX, name], `${name} two`)
    expect(await cycle()).toMatchObject({ tracked: 0, untracked: 0 })
    expect([await regards(`${name} one`), await regards(`${name} two`)]).toEqual(['North', 'not tracked'])
    await company.set({ UseFolderTracking: null })
    await cycle()
    expect(await regards(`${name} two`)).toBe('North')
  })

  it('FT-54: incoming method changed away from the server side', async () => {
    await map(name, north)
    deliver([INBOX, name], `${name} one`)
    await cycle()
    await setMethod(0)
    await expect(cycle()).rejects.toMatchObject({ code: 'NotServerSide' })
    expect([await mappings(), await regards(`${name} one`)]).toMatchObject([[{ foldername: name }], 'North'])
    await setMethod(2)
    deliver([INBOX, name], `${name} two`)
    await cycle()
    expect(await regards(`${name} two`)).toBe('North')
  })

  it('FT-29: an untracked message moved into a mapped folder is tracked again', async () => {
    const id = deliver([INBOX], `${name} one`)
    inbox().categorize([INBOX], id, { add: ['$Tracked'] })
    await cycle()
    inbox().categorize([INBOX], id, { remove: ['$Tracked'] })
    expect(await cycle()).toMatchObject({ untracked: 1 })
    await map(name, north)
    inbox().move([INBOX], id, [INBOX, name])
    await cycle()
    expect(await regards(`${name} one`)).toBe('North')
  })

  it('FT-27, FT-14: copies of two people in folders with different regardings: the first keeps it while it applies', async () => {
    await company.regarding.options.setPersonal(SYSTEM, company.ben.id, { Track: 'None' })
    company.server.account(company.ben.address).createFolder([INBOX, 'Of Ben'])
    await map(name, north)
    await saveMapping(company.regarding, SYSTEM, {
      mailboxId: company.ben.mailboxId,
      folderPath: `${INBOX}/Of Ben`,
      regarding: south,
    })
    const source = mail({
      from: 'otto@kern.example',
      to: ['anna@adatum.example', 'ben@adatum.example'],
      subject: `${name} shared`,
    })
    const id = inbox().deliver([INBOX, name], source)
    company.server.account(company.ben.address).deliver([INBOX, 'Of Ben'], source)
    for (const person of [company.anna, company.ben, company.anna, company.ben]) await company.cycle(person)
    expect(await regards(`${name} shared`)).toBe('North')
    inbox().delete([INBOX, name], id)
    await company.cycle(company.anna)
    await company.cycle(company.ben)
    expect(await regards(`${name} shared`)).toBe('South')
  })

  it('FT-55: mailbox record deleted', async () => {
    const user = await addUser(company.regarding, `Leaver ${number}`, 'Test', `leaver${number}@adatum.example`)
    company.server.account(user.address).createFolder([INBOX, 'Mapped'])
    await saveMapping(company.regarding, SYSTEM, { mailboxId: user.mailboxId, folderPath: `${INBOX}/Mapped` })
    expect(await mappings()).toHaveLength(1)
    await system().delete('mailbox', user.mailboxId)
    expect(await mappings()).toEqual([])
  })
})

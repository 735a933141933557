import { describe, expect, it } from 'vitest'
import {
  type EmailInFolder,
  MOST_MAPPINGS,
  mappableFolders,
  mappingState,
  reapply,
  validateMappings,
} from '../../../src/sync/incoming/decide/index.ts'
import { inFolder, mapping, world } from './world.ts'

const adatum = { table: 'account', id: 'adatum' }
const contoso = { table: 'account', id: 'contoso' }

const inbox = { id: 'inbox', path: ['INBOX'], use: 'inbox' }
const customers = { id: 'customers', path: ['INBOX', 'Customers'] }
const folder = { id: 'f1', path: ['INBOX', 'Customers', 'Adatum'], fingerprint: 'one' }
const archive = { id: 'archive', path: ['Archive'], use: 'archive' }
const folders = [archive, inbox, folder, customers]
const mapped = { folderId: 'f1', folderName: 'Adatum', fingerprint: 'one' }

describe('what has become of a mapped folder', () => {
  it.each([
    ['FT-20', 'it is there', folders, { state: 'valid' }],
    ['FT-41', 'it was deleted', [archive, inbox], { state: 'invalid' }],
    ['FT-42', 'it was moved below the Inbox', [inbox, { ...folder, path: ['INBOX', 'Adatum'] }], { state: 'valid' }],
    [
      'FT-43',
      'it was moved out of the Inbox',
      [inbox, { ...folder, path: ['Archive', 'Adatum'] }],
      { state: 'disabled' },
    ],
    [
      'FT-44',
      'it was renamed',
      [inbox, { ...folder, path: ['INBOX', 'Adatum Ltd'] }],
      { state: 'renamed', folderName: 'Adatum Ltd' },
    ],
    ['FT-45', 'another one got its name', [inbox, { ...folder, id: 'f2' }], { state: 'invalid' }],
    ['FT-45', 'another one got its name and id', [inbox, { ...folder, fingerprint: 'two' }], { state: 'invalid' }],
    ['FT-12', 'it is the Inbox itself', [{ ...inbox, id: 'f1', fingerprint: 'one' }], { state: 'disabled' }],
  ])('%s: %s', (_rule, _title, listed, expected) => {
    expect(mappingState(mapped, listed)).toEqual(expected)
  })

  it('FT-43: a folder whose name merely begins like the Inbox lies outside', () => {
    expect(mappingState(mapped, [inbox, { ...folder, path: ['INBOX2', 'Adatum'] }]).state).toBe('disabled')
  })

  it('FT-12, FT-14: folders below the Inbox that are not mapped yet, by path', () => {
    expect(mappableFolders(folders, [])).toEqual([customers, folder])
    expect(mappableFolders(folders, [{ folderId: 'f1' }])).toEqual([customers])
  })

  it('FT-13: 25 mappings are allowed, the 26th names the limit', () => {
    const many = Array.from({ length: MOST_MAPPINGS + 1 }, (_, index) => ({ folderId: `f${index}`, folderName: 'F' }))
    expect(MOST_MAPPINGS).toBe(25)
    expect(validateMappings(many.slice(1))).toBeUndefined()
    expect(validateMappings(many)).toContain('25')
  })

  it('FT-14: a folder is mapped once', () => {
    expect(validateMappings([mapped, mapped])).toContain('Adatum')
  })

  it('FT-17: a folder id has its length', () => {
    expect(validateMappings([{ folderId: '', folderName: 'Adatum' }])).toContain('Adatum')
    expect(validateMappings([{ folderId: 'x'.repeat(513), folderName: 'Adatum' }])).toContain('Adatum')
  })
})

describe('new messages in a mapped folder', () => {
  it.each([
    ['FT-22', { regarding: adatum }, { record: adatum, from: 'folder', mappingId: 'mapping-1' }],
    ['FT-24, FT-46, FT-52', {}, undefined],
  ])('%s: %o', (_rule, more, expected) => {
    const w = world()
    const user = w.user('Anna', { acceptance: 4 })
    const decision = w.decide(w.message({ place: 'mapped' }), user, inFolder(more))
    expect(decision).toMatchObject({ outcome: 'tracked', reason: 'ManualFolder' })
    expect(decision.plan?.regarding).toEqual(expected)
  })

  it('FT-24: a mapping without regarding leaves the correlated one', () => {
    const w = world()
    const email = w.email({ regarding: contoso })
    const decision = w.decide(w.message({ place: 'mapped', inReplyTo: email.key }), w.user('Anna'), inFolder())
    expect(decision.plan?.regarding?.record).toEqual(contoso)
  })

  it('FT-1, FT-53: folder tracking switched off ⇒ idle', () => {
    const w = world({ useFolderTracking: false })
    const decision = w.decide(w.message({ place: 'mapped' }), w.user('Anna'), inFolder({ regarding: adatum }))
    expect(decision).toMatchObject({ outcome: 'ignored', reason: 'FolderNotSearched' })
  })

  it.each([
    ['FT-28, FT-49', 'takes the regarding of the folder', {}, { regarding: adatum }, adatum],
    ['FT-48', 'keeps its own without one in the mapping', {}, {}, undefined],
    [
      'FT-27',
      "keeps another folder's while that applies",
      { folderRule: { mappingId: 'other', applies: true } },
      { regarding: adatum },
      undefined,
    ],
    [
      'FT-27',
      "takes it when the other folder's rule is over",
      { folderRule: { mappingId: 'other', applies: false } },
      { regarding: adatum },
      adatum,
    ],
    [
      'FT-47',
      'follows its own mapping',
      { folderRule: { mappingId: 'mapping-1', applies: true } },
      { regarding: adatum },
      adatum,
    ],
    ['FT-22', 'has it already', { regarding: adatum }, { regarding: adatum }, undefined],
  ])('%s: an email that exists %s', (_rule, _title, more, mapped, expected) => {
    const w = world()
    const email = w.email({ key: '<x>', direction: 'incoming', regarding: contoso, ...more })
    const decision = w.decide(w.message({ messageId: '<x>', place: 'mapped' }), w.user('Anna'), inFolder(mapped))
    expect(decision).toMatchObject({ outcome: 'linked', link: { emailId: email.id } })
    expect(decision.link?.regarding?.record).toEqual(expected)
  })

  it("B-50: a person's choice for the email or its thread stands, unless the mapping always re-applies", () => {
    for (const choose of ['email', 'thread'] as const) {
      const w = world()
      const user = w.user('Anna')
      const email = w.email({ key: '<x>', direction: 'incoming', regarding: contoso, threadId: 't1' })
      if (choose === 'email') w.chosenByPerson(email.id)
      else w.choose('t1', { regarding: contoso })
      const decided = (alwaysReapply: boolean) =>
        w.decide(w.message({ messageId: '<x>' }), user, inFolder({ regarding: adatum, alwaysReapply })).link?.regarding
      expect(decided(false)).toBeUndefined()
      expect(decided(true)).toEqual({ record: adatum, from: 'folder', mappingId: 'mapping-1' })
    }
  })
})

const inside = (id: string, more: Partial<EmailInFolder['email']> = {}, chosenByPerson = false): EmailInFolder => ({
  email: { id, regarding: contoso, ...more },
  chosenByPerson,
})

const changed = (of: Parameters<typeof mapping>[0], ...emails: EmailInFolder[]) =>
  reapply(mapping(of), emails).map((change) => change.emailId)

describe('every cycle again', () => {
  it('FT-22, FT-47: what lies in the folder gets its regarding, old and new', () => {
    const emails = [
      inside('e1'),
      inside('e2', { regarding: adatum }),
      inside('e3', { folderRule: { mappingId: 'mapping-1', applies: true } }),
    ]
    expect(changed({ regarding: adatum }, ...emails)).toEqual(['e1', 'e3'])
  })

  it('FT-23, B-50: a manual change stays; with the switch it is overwritten', () => {
    expect(changed({ regarding: adatum }, inside('e1', {}, true))).toEqual([])
    expect(changed({ regarding: adatum, alwaysReapply: true }, inside('e1', {}, true))).toEqual(['e1'])
  })

  it('FT-24, FT-46: without regarding nothing changes', () => {
    expect(changed({ alwaysReapply: true }, inside('e1'), inside('e2', {}, true))).toEqual([])
  })

  it('FT-27: of two folders the first keeps it while it applies, whatever the switch', () => {
    const email = inside('e1', { folderRule: { mappingId: 'other', applies: true } })
    expect(changed({ regarding: adatum, alwaysReapply: true }, email)).toEqual([])
    expect(
      changed({ regarding: adatum }, inside('e1', { folderRule: { mappingId: 'other', applies: false } })),
    ).toEqual(['e1'])
  })
})

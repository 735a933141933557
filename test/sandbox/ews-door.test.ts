import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SimulatedClock } from '#time'
import { startEws } from './support/ews.ts'

let ews: Awaited<ReturnType<typeof startEws>>
beforeAll(async () => {
  ews = await startEws({ clock: new SimulatedClock(), version: 'Exchange2016' })
})
afterAll(() => ews.close())

const SHAPE = '<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>'
const inbox = (mailbox = '') =>
  `<m:GetFolder>${SHAPE}<m:FolderIds><t:DistinguishedFolderId Id="inbox">${mailbox && `<t:Mailbox><t:EmailAddress>${mailbox}</t:EmailAddress></t:Mailbox>`}</t:DistinguishedFolderId></m:FolderIds></m:GetFolder>`
const impersonating = (address: string, by = 'SmtpAddress') =>
  `<t:ExchangeImpersonation><t:ConnectingSID><t:${by}>${address}</t:${by}></t:ConnectingSID></t:ExchangeImpersonation>`

describe('the form of a request to the sandbox', () => {
  it('B-1: elements out of the order of the schema are refused, naming element and place', async () => {
    const request = '<m:GetFolder>\n <m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds>\n</m:GetFolder>'
    const answer = await ews.call(request)
    expect([answer.status, ...answer.codes]).toEqual([500, 'ErrorSchemaValidation'])
    expect(answer.value('Violation')).toMatch(
      /^The element 'GetFolder' in namespace '.*messages' has invalid child element 'FolderIds' in namespace '.*messages'\. List of possible elements expected: 'FolderShape' in namespace/,
    )
    expect([answer.value('LineNumber'), answer.value('LinePosition')]).toEqual(['2', '3'])
  })

  it.each([
    ['an attribute nobody knows', '<m:GetFolder Deep="1"/>', "The 'Deep' attribute is not declared."],
    ['a value nobody knows', inbox().replace('IdOnly', 'Everything'), 'The Enumeration constraint failed.'],
    ['something missing', `<m:GetFolder>${SHAPE}</m:GetFolder>`, 'incomplete content'],
    ['a missing attribute', inbox().replace(' Id="inbox"', ''), "The required attribute 'Id' is missing."],
    ['an operation nobody knows', '<m:GetEverything/>', 'Could not find schema information'],
    ['text between elements', inbox().replace('<m:FolderIds>', '<m:FolderIds>x'), 'cannot contain text'],
  ])('B-1: %s is refused', async (_, request, complaint) => {
    const answer = await ews.call(request)
    expect(answer.codes).toEqual(['ErrorSchemaValidation'])
    expect(answer.text).toContain(complaint)
  })

  it('B-1: what is no XML, and a version from the future, are refused', async () => {
    expect((await ews.call('<m:GetFolder>')).status).toBe(400)
    const later = await ews.call(inbox(), { header: '<t:RequestServerVersion Version="Exchange2030"/>' })
    expect(later.codes).toEqual(['ErrorInvalidServerVersion'])
    const now = await ews.call(inbox(), { header: '<t:RequestServerVersion Version="Exchange2010_SP2"/>' })
    expect([now.codes, now.value('ServerVersionInfo', 'MinorVersion')]).toEqual([['NoError'], '1'])
  })
})

describe('who may ask the sandbox', () => {
  it('B-1: a wrong password gets 401 and the ways to sign in', async () => {
    const answer = await ews.call(inbox(), { password: 'wrong' })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('NTLM, Basic realm="sandbox.example", Bearer')
  })

  it('MB-10: only a service account impersonates', async () => {
    const header = impersonating('ben@halden.example')
    const ben = ews.ben.mailbox.wellKnown('inbox').id
    expect((await ews.call(inbox(), { as: 'service@halden.example', header })).value('FolderId', 'Id')).toBe(ben)
    expect((await ews.call(inbox(), { header })).codes).toEqual(['ErrorImpersonateUserDenied'])
    const nobody = impersonating('nobody@halden.example')
    expect((await ews.call(inbox(), { as: 'service@halden.example', header: nobody })).codes).toEqual([
      'ErrorNonExistentMailbox',
    ])
  })

  it('B-1: another mailbox opens for who was given access', async () => {
    expect((await ews.call(inbox('ben@halden.example'))).codes).toEqual(['ErrorAccessDenied'])
    ews.anna.mayOpen.add(ews.ben.address)
    const answer = await ews.call(inbox('ben@halden.example'))
    expect(answer.value('FolderId', 'Id')).toBe(ews.ben.mailbox.wellKnown('inbox').id)
    ews.anna.mayOpen.clear()
    expect((await ews.call(inbox('zoe@mail.example'))).codes).toEqual(['ErrorNonExistentMailbox'])
  })

  it('B-4: a mailbox that moved to the cloud is not here any more', async () => {
    ews.ben.home = 'graph'
    expect((await ews.call(inbox(), { as: ews.ben.address })).codes).toEqual(['ErrorNonExistentMailbox'])
    ews.ben.home = 'both'
  })
})

describe('what goes wrong on purpose', () => {
  it('B-1: a busy server says for how long, once', async () => {
    ews.world.faults.inject({ fault: { kind: 'serverBusy', backOff: 12_000 }, face: 'ews', operation: 'GetFolder' })
    const busy = await ews.call(inbox())
    expect([busy.status, ...busy.codes, busy.value('Value')]).toEqual([500, 'ErrorServerBusy', '12000'])
    expect((await ews.call(inbox())).codes).toEqual(['NoError'])
  })

  it('B-1: a connection cut afterwards has done its work', async () => {
    const create =
      '<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>Cut</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>'
    ews.world.faults.inject({ fault: { kind: 'cutAfter' }, operation: 'CreateFolder' })
    await expect(ews.call(create)).rejects.toThrow('fetch failed')
    expect((await ews.call(create)).codes).toEqual(['ErrorFolderExists'])
    ews.world.faults.inject({ fault: { kind: 'cutBefore' }, operation: 'CreateFolder' })
    await expect(ews.call(create.replace('Cut', 'Other'))).rejects.toThrow('fetch failed')
    expect((await ews.call(create.replace('Cut', 'Other'))).codes).toEqual(['NoError'])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Message, newMessage } from '#sandbox'
import { SimulatedClock } from '#time'
import { startEws } from './support/ews.ts'

let ews: Awaited<ReturnType<typeof startEws>>
beforeAll(async () => {
  ews = await startEws({ clock: new SimulatedClock(new Date('2026-01-05T08:00:00Z')) })
})
afterAll(() => ews.close())

const ID_ONLY = '<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>'
const source = (subject: string, id = `${subject.replaceAll(' ', '.')}@mail.example`) =>
  Buffer.from(
    `From: Zoe <zoe@mail.example>\r\nTo: Anna Berg <anna@halden.example>\r\nSubject: ${subject}\r\nMessage-ID: <${id}>\r\nX-Ticket: 42\r\n\r\nGood morning\r\n`,
  )

async function deliver(subject: string): Promise<Message> {
  const { mailbox } = ews.anna
  const message = await newMessage(mailbox, source(subject), { received: ews.world.clock.now() })
  return mailbox.add<Message>(mailbox.wellKnown('inbox').id, message, 'newMail')
}

const sync = (state = '', max = 100, shape = ID_ONLY, extra = '') =>
  ews.call(
    `<m:SyncFolderItems>${shape}<m:SyncFolderId><t:DistinguishedFolderId Id="inbox"/></m:SyncFolderId>${state && `<m:SyncState>${state}</m:SyncState>`}${extra}<m:MaxChangesReturned>${max}</m:MaxChangesReturned></m:SyncFolderItems>`,
  )

const get = (ids: readonly string[], shape = ID_ONLY) =>
  ews.call(
    `<m:GetItem>${shape}<m:ItemIds>${ids.map((id) => `<t:ItemId Id="${id}"/>`).join('')}</m:ItemIds></m:GetItem>`,
  )

const update = (id: string, resolution: string, changes: string, key = '') =>
  ews.call(
    `<m:UpdateItem ConflictResolution="${resolution}" MessageDisposition="SaveOnly"><m:ItemChanges><t:ItemChange><t:ItemId Id="${id}"${key && ` ChangeKey="${key}"`}/><t:Updates>${changes}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`,
  )
const setCategories = (...names: string[]) =>
  `<t:SetItemField><t:FieldURI FieldURI="item:Categories"/><t:Message><t:Categories>${names.map((name) => `<t:String>${name}</t:String>`).join('')}</t:Categories></t:Message></t:SetItemField>`
const setRead = (read: boolean) =>
  `<t:SetItemField><t:FieldURI FieldURI="message:IsRead"/><t:Message><t:IsRead>${read}</t:IsRead></t:Message></t:SetItemField>`

describe('SyncFolderItems of the sandbox', () => {
  it('B-1: tells what was created, changed, read and deleted, page by page', async () => {
    const first = await deliver('sync one')
    const second = await deliver('sync two')
    const one = await sync('', 1)
    expect(one.codes).toEqual(['NoError'])
    expect(one.value('IncludesLastItemInRange')).toBe('false')
    expect(one.values('ItemId', 'Id')).toEqual([first.entryId])
    const two = await sync(one.value('SyncState'), 1)
    expect([two.value('IncludesLastItemInRange'), two.value('ItemId', 'Id')]).toEqual(['true', second.entryId])
    await update(first.entryId, 'AlwaysOverwrite', setRead(true))
    await update(second.entryId, 'AlwaysOverwrite', setCategories('Tracked'))
    const three = await sync(two.value('SyncState'))
    expect(three.text).toMatch(/<t:ReadFlagChange>.*<t:IsRead>true<.*<t:Update>/)
    ews.anna.mailbox.purge(second.id)
    const four = await sync(three.value('SyncState'))
    expect(four.text).toMatch(/<t:Delete><t:ItemId Id=/)
    const five = await sync(four.value('SyncState'))
    expect(five.values('ItemId')).toEqual([])
  })

  it('B-1: a state of another folder, a broken one and a forgotten one are ErrorInvalidSyncStateData', async () => {
    const state = (await sync()).value('SyncState')
    const elsewhere = await ews.call(
      `<m:SyncFolderItems>${ID_ONLY}<m:SyncFolderId><t:DistinguishedFolderId Id="drafts"/></m:SyncFolderId><m:SyncState>${state}</m:SyncState><m:MaxChangesReturned>9</m:MaxChangesReturned></m:SyncFolderItems>`,
    )
    expect(elsewhere.codes).toEqual(['ErrorInvalidSyncStateData'])
    expect((await sync('bm9uc2Vuc2U=')).codes).toEqual(['ErrorInvalidSyncStateData'])
    ews.anna.mailbox.forgetChanges()
    expect((await sync(state)).codes).toEqual(['ErrorInvalidSyncStateData'])
    ews.world.faults.inject({ fault: { kind: 'cursorLost' }, operation: 'SyncFolderItems' })
    expect((await sync((await sync()).value('SyncState'))).codes).toEqual(['NoError'])
  })
})

describe('GetItem of the sandbox', () => {
  it('B-1: gives the source, header fields, extended properties and what else is asked for, in the order of the schema', async () => {
    const message = await deliver('get it')
    const shape = `<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent><t:AdditionalProperties><t:FieldURI FieldURI="message:InternetMessageId"/><t:FieldURI FieldURI="item:Subject"/><t:FieldURI FieldURI="item:InternetMessageHeaders"/><t:ExtendedFieldURI PropertyTag="0x1035" PropertyType="String"/><t:ExtendedFieldURI DistinguishedPropertySetId="InternetHeaders" PropertyName="x-ticket" PropertyType="String"/></t:AdditionalProperties></m:ItemShape>`
    const answer = await get([message.entryId], shape)
    expect(Buffer.from(answer.value('MimeContent'), 'base64')).toEqual(Buffer.from(message.mime))
    expect(answer.value('InternetMessageId')).toBe('<get.it@mail.example>')
    expect(answer.values('Value')).toEqual(['<get.it@mail.example>', '42'])
    expect(answer.values('InternetMessageHeader', 'HeaderName')).toContain('X-Ticket')
    const order = [...answer.text.matchAll(/<t:(MimeContent|ItemId|Subject|InternetMessageId|ExtendedProperty)\b/g)]
    expect(order.map(([, name]) => name)).toEqual([
      'MimeContent',
      'ItemId',
      'Subject',
      'ExtendedProperty',
      'ExtendedProperty',
      'InternetMessageId',
    ])
  })

  it('B-1: answers each id for itself', async () => {
    const message = await deliver('each')
    const gone = await deliver('gone')
    ews.anna.mailbox.purge(gone.id)
    const answer = await get([gone.entryId, message.entryId, 'no id'])
    expect(answer.codes).toEqual(['ErrorItemNotFound', 'NoError', 'ErrorInvalidIdMalformed'])
    expect(answer.values('GetItemResponseMessage', 'ResponseClass')).toEqual(['Error', 'Success', 'Error'])
  })
})

describe('UpdateItem of the sandbox', () => {
  it('B-1: NeverOverwrite refuses an old change key; without one it is not tried', async () => {
    const message = await deliver('conflict')
    const first = await update(message.entryId, 'NeverOverwrite', setCategories('A'), message.changeKey)
    expect(first.codes).toEqual(['NoError'])
    expect(first.value('ItemId', 'ChangeKey')).not.toBe(message.changeKey)
    const late = await update(message.entryId, 'NeverOverwrite', setCategories('B'), message.changeKey)
    expect(late.codes).toEqual(['ErrorIrresolvableConflict'])
    expect((await update(message.entryId, 'NeverOverwrite', setCategories('B'))).codes).toEqual([
      'ErrorChangeKeyRequired',
    ])
    expect(ews.anna.mailbox.item(message.id).categories).toEqual(['A'])
  })

  it('B-1: sets, appends and deletes fields and extended properties, and nothing else', async () => {
    const message = await deliver('fields')
    const named =
      '<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="crmid" PropertyType="String"/>'
    const set = `<t:SetItemField>${named}<t:Message><t:ExtendedProperty>${named}<t:Value>c-7</t:Value></t:ExtendedProperty></t:Message></t:SetItemField>`
    expect((await update(message.entryId, 'AlwaysOverwrite', set + setCategories('A', 'B'))).codes).toEqual(['NoError'])
    const more =
      '<t:AppendToItemField><t:FieldURI FieldURI="item:Categories"/><t:Message><t:Categories><t:String>C</t:String></t:Categories></t:Message></t:AppendToItemField>'
    await update(message.entryId, 'AlwaysOverwrite', more)
    const item = ews.anna.mailbox.item(message.id)
    expect([item.categories, item.properties.map(({ value }) => value)]).toEqual([['A', 'B', 'C'], ['c-7']])
    const gone = `<t:DeleteItemField>${named}</t:DeleteItemField><t:DeleteItemField><t:FieldURI FieldURI="item:Categories"/></t:DeleteItemField>`
    await update(message.entryId, 'AlwaysOverwrite', gone)
    const bare = ews.anna.mailbox.item(message.id)
    expect([bare.categories, bare.properties]).toEqual([[], []])
    const size =
      '<t:SetItemField><t:FieldURI FieldURI="item:Size"/><t:Message><t:Size>7</t:Size></t:Message></t:SetItemField>'
    expect((await update(message.entryId, 'AlwaysOverwrite', size)).codes).toEqual(['ErrorInvalidPropertySet'])
  })
})

describe('CreateItem and SendItem of the sandbox', () => {
  it('B-1: a message of fields is sent, kept in Sent Items and found there by its extended property', async () => {
    const named =
      '<t:ExtendedFieldURI PropertySetId="00020329-0000-0000-c000-000000000046" PropertyName="key" PropertyType="String"/>'
    const sent = await ews.call(
      `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:SavedItemFolderId><t:DistinguishedFolderId Id="sentitems"/></m:SavedItemFolderId><m:Items><t:Message><t:Subject>Offer &amp; terms</t:Subject><t:Body BodyType="HTML">&lt;p&gt;Dear Ben&lt;/p&gt;</t:Body><t:Attachments><t:FileAttachment><t:Name>a.txt</t:Name><t:Content>aGVsbG8=</t:Content></t:FileAttachment></t:Attachments><t:ExtendedProperty>${named}<t:Value>k1</t:Value></t:ExtendedProperty><t:ToRecipients><t:Mailbox><t:EmailAddress>ben@halden.example</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>`,
    )
    expect([sent.codes, sent.values('ItemId')]).toEqual([['NoError'], []])
    const find = await ews.call(
      `<m:FindItem Traversal="Shallow">${ID_ONLY}<m:IndexedPageItemView MaxEntriesReturned="5" Offset="0" BasePoint="Beginning"/><m:Restriction><t:IsEqualTo>${named}<t:FieldURIOrConstant><t:Constant Value="k1"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="sentitems"/></m:ParentFolderIds></m:FindItem>`,
    )
    expect(find.value('RootFolder', 'TotalItemsInView')).toBe('1')
    const all = '<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>'
    const item = await get([find.value('ItemId', 'Id')], all)
    expect(item.value('Subject')).toBe('Offer & terms')
    expect(item.value('t:Body')).toContain('<p>Dear Ben</p>')
    const attachment = await ews.call(
      `<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id="${item.value('AttachmentId', 'Id')}"/></m:AttachmentIds></m:GetAttachment>`,
    )
    expect(attachment.value('Content')).toBe('aGVsbG8=')
    const { mailbox } = ews.ben
    const [received] = mailbox.items(mailbox.wellKnown('inbox').id) as Message[]
    expect(received?.headers.subject).toBe('Offer & terms')
    expect(received?.properties).toEqual([])
  })

  it('B-1: a draft of a MIME source is sent by SendItem with its change key alone', async () => {
    const mime = Buffer.from('To: ben@halden.example\r\nSubject: From MIME\r\n\r\nText\r\n').toString('base64')
    const created = await ews.call(
      `<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:MimeContent CharacterSet="UTF-8">${mime}</t:MimeContent></t:Message></m:Items></m:CreateItem>`,
    )
    const [id, key] = [created.value('ItemId', 'Id'), created.value('ItemId', 'ChangeKey')]
    const send = (attributes: string) =>
      ews.call(
        `<m:SendItem SaveItemToFolder="true"><m:ItemIds><t:ItemId Id="${id}"${attributes}/></m:ItemIds></m:SendItem>`,
      )
    expect((await send('')).codes).toEqual(['ErrorChangeKeyRequired'])
    expect((await send(' ChangeKey="CQAAABYAAAD"')).codes).toEqual(['ErrorStaleObject'])
    expect((await send(` ChangeKey="${key}"`)).codes).toEqual(['NoError'])
    expect((await get([id])).codes).toEqual(['ErrorItemNotFound'])
  })

  it('B-1: nobody sends as somebody else, and not without recipients', async () => {
    const create = (fields: string) =>
      ews.call(
        `<m:CreateItem MessageDisposition="SendOnly"><m:Items><t:Message><t:Subject>x</t:Subject>${fields}</t:Message></m:Items></m:CreateItem>`,
      )
    const to =
      '<t:ToRecipients><t:Mailbox><t:EmailAddress>zoe@mail.example</t:EmailAddress></t:Mailbox></t:ToRecipients>'
    const from = '<t:From><t:Mailbox><t:EmailAddress>ben@halden.example</t:EmailAddress></t:Mailbox></t:From>'
    expect((await create(to + from)).codes).toEqual(['ErrorSendAsDenied'])
    expect((await create('')).codes).toEqual(['ErrorMissingRecipients'])
    expect((await create(to)).codes).toEqual(['NoError'])
    expect(ews.world.outbox.at(-1)?.to).toEqual(['zoe@mail.example'])
  })
})

describe('moving and deleting in the sandbox', () => {
  it('B-1: an item that is moved gets another id; the old one is gone', async () => {
    const message = await deliver('move me')
    const moved = await ews.call(
      `<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id="junkemail"/></m:ToFolderId><m:ItemIds><t:ItemId Id="${message.entryId}"/></m:ItemIds></m:MoveItem>`,
    )
    const id = moved.value('ItemId', 'Id')
    expect(id).not.toBe(message.entryId)
    expect((await get([message.entryId, id])).codes).toEqual(['ErrorItemNotFound', 'NoError'])
    const away = await ews.call(
      `<m:DeleteItem DeleteType="MoveToDeletedItems"><m:ItemIds><t:ItemId Id="${id}"/></m:ItemIds></m:DeleteItem>`,
    )
    expect(away.codes).toEqual(['NoError'])
    const { mailbox } = ews.anna
    expect(mailbox.item(message.id).folder).toBe(mailbox.wellKnown('deleteditems').id)
  })

  it('B-1: folders are created, renamed, moved, synchronized and deleted; distinguished ones stay', async () => {
    const create = (name: string) =>
      ews.call(
        `<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>${name}</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>`,
      )
    const shape = '<m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>'
    const hierarchy = (state = '') =>
      ews.call(
        `<m:SyncFolderHierarchy>${shape}${state && `<m:SyncState>${state}</m:SyncState>`}</m:SyncFolderHierarchy>`,
      )
    const state = (await hierarchy()).value('SyncState')
    const id = (await create('Projects')).value('FolderId', 'Id')
    expect((await create('projects')).codes).toEqual(['ErrorFolderExists'])
    const rename = `<m:UpdateFolder><m:FolderChanges><t:FolderChange><t:FolderId Id="${id}"/><t:Updates><t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder><t:DisplayName>Customers</t:DisplayName></t:Folder></t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`
    expect((await ews.call(rename)).codes).toEqual(['NoError'])
    const changes = await hierarchy(state)
    expect([changes.values('Create').length, changes.value('DisplayName')]).toEqual([1, 'Customers'])
    const drop = (folder: string) =>
      ews.call(`<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>${folder}</m:FolderIds></m:DeleteFolder>`)
    expect((await drop('<t:DistinguishedFolderId Id="inbox"/>')).codes).toEqual(['ErrorDeleteDistinguishedFolder'])
    expect((await drop(`<t:FolderId Id="${id}"/>`)).codes).toEqual(['NoError'])
    expect((await hierarchy(changes.value('SyncState'))).text).toContain('<t:Delete><t:FolderId')
  })
})

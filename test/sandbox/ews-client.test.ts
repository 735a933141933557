import {
  BasePropertySet,
  ConflictResolutionMode,
  ConnectingIdType,
  Contact,
  DeleteMode,
  EmailAddress,
  EmailAddressKey,
  EmailMessage,
  EmailMessageSchema,
  ExchangeService,
  ExchangeVersion,
  ExtendedPropertyDefinition,
  Folder,
  FolderId,
  Guid,
  ImpersonatedUserId,
  Item,
  ItemView,
  MapiPropertyType,
  MessageBody,
  PhoneNumberKey,
  PropertySet,
  SearchFilter,
  SyncFolderItemsScope,
  Task,
  TaskStatus,
  Uri,
  WebCredentials,
  WellKnownFolderName,
} from 'ews-javascript-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Contact as KeptContact, Task as KeptTask, Message } from '#sandbox'
import { startEws } from './support/ews.ts'

let ews: Awaited<ReturnType<typeof startEws>>
let service: ExchangeService
beforeAll(async () => {
  ews = await startEws({ schemes: ['basic'] })
  service = serviceOf('anna@halden.example')
})
afterAll(() => ews.close())

function serviceOf(address: string): ExchangeService {
  const made = new ExchangeService(ExchangeVersion.Exchange2016)
  made.Credentials = new WebCredentials(address, 'secret')
  made.Url = new Uri(ews.url)
  return made
}

const draftTo = (address: string, subject: string): EmailMessage => {
  const message = new EmailMessage(service)
  message.Subject = subject
  message.Body = new MessageBody('Good morning')
  message.ToRecipients.Add(new EmailAddress(address))
  return message
}

describe('ews-javascript-api on the sandbox: mail', () => {
  it('B-1: binds folders, sends, finds, and follows a folder by its state', async () => {
    const drafts = await Folder.Bind(service, WellKnownFolderName.Drafts)
    expect([drafts.DisplayName, drafts.TotalCount]).toEqual(['Drafts', 0])
    await draftTo('ben@halden.example', 'Sent at once').SendAndSaveCopy()
    const sent = await service.FindItems(WellKnownFolderName.SentItems, new ItemView(10))
    expect(sent.Items.map(({ Subject }) => Subject)).toEqual(['Sent at once'])

    const follow = (state: string) =>
      service.SyncFolderItems(
        new FolderId(WellKnownFolderName.Drafts),
        PropertySet.IdOnly,
        [],
        10,
        SyncFolderItemsScope.NormalItems,
        state,
      )
    const before = await follow('')
    const draft = draftTo('ben@halden.example', 'First words')
    await draft.Save(WellKnownFolderName.Drafts)
    draft.Subject = 'Better words'
    await draft.Update(ConflictResolutionMode.AutoResolve)
    const after = await follow(before.SyncState)
    expect(after.GetEnumerator().map(({ ItemId }) => ItemId.UniqueId)).toEqual([draft.Id.UniqueId])
    await draft.Load(new PropertySet(BasePropertySet.FirstClassProperties))
    expect([draft.Subject, draft.Body.Text?.trim(), draft.IsDraft]).toEqual(['Better words', 'Good morning', true])
    await draft.Delete(DeleteMode.HardDelete)
    expect((await follow(after.SyncState)).GetEnumerator().length).toBe(1)
  })

  it('B-1: keeps an extended property and finds the message by it', async () => {
    const definition = new ExtendedPropertyDefinition(
      new Guid('5f2a3bde-7c1d-4e0a-9f57-0d6c1f3b2a10'),
      'crmlink',
      MapiPropertyType.String,
    )
    const draft = draftTo('ben@halden.example', 'Linked')
    draft.SetExtendedProperty(definition, 'record-1')
    await draft.Save(WellKnownFolderName.Drafts)
    const filter = new SearchFilter.IsEqualTo(definition, 'record-1')
    const found = await service.FindItems(WellKnownFolderName.Drafts, filter, new ItemView(5))
    expect(found.Items.map(({ Id }) => Id.UniqueId)).toEqual([draft.Id.UniqueId])
    const other = new SearchFilter.IsEqualTo(definition, 'record-2')
    expect((await service.FindItems(WellKnownFolderName.Drafts, other, new ItemView(5))).TotalCount).toBe(0)
    const byId = new SearchFilter.SearchFilterCollection(0, [
      new SearchFilter.ContainsSubstring(EmailMessageSchema.Subject, 'Link'),
      new SearchFilter.IsEqualTo(EmailMessageSchema.IsRead, true),
    ])
    expect((await service.FindItems(WellKnownFolderName.Drafts, byId, new ItemView(5))).TotalCount).toBe(1)
  })

  it('MB-10: works in the mailbox of whom it impersonates', async () => {
    const asBen = serviceOf('service@halden.example')
    asBen.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, 'ben@halden.example')
    const { mailbox } = ews.ben
    const [received] = mailbox.items(mailbox.wellKnown('inbox').id) as Message[]
    const found = await asBen.FindItems(WellKnownFolderName.Inbox, new ItemView(10))
    expect(found.Items.map(({ Id }) => Id.UniqueId)).toEqual([received?.entryId])
    const moved = await (found.Items[0] as Item).Move(WellKnownFolderName.DeletedItems)
    expect(moved.Id.UniqueId).not.toBe(received?.entryId)
  })
})

describe('ews-javascript-api on the sandbox: contacts and tasks', () => {
  it('B-1: creates, changes and deletes a contact', async () => {
    const contact = new Contact(service)
    contact.GivenName = 'Zoe'
    contact.Surname = 'Kern'
    contact.CompanyName = 'Kern'
    contact.EmailAddresses['_setItem'](EmailAddressKey.EmailAddress1, new EmailAddress('zoe@mail.example'))
    contact.PhoneNumbers['_setItem'](PhoneNumberKey.MobilePhone, '+49 170 1')
    await contact.Save(WellKnownFolderName.Contacts)
    const { mailbox } = ews.anna
    const kept = () => mailbox.items(mailbox.wellKnown('contacts').id) as KeptContact[]
    expect(kept()).toMatchObject([
      { givenName: 'Zoe', surname: 'Kern', mobilePhone: '+49 170 1', emails: [{ address: 'zoe@mail.example' }] },
    ])
    const bound = await Contact.Bind(service, contact.Id)
    bound.JobTitle = 'Buyer'
    bound.PhoneNumbers['_setItem'](PhoneNumberKey.BusinessPhone, '+49 30 1')
    await bound.Update(ConflictResolutionMode.AlwaysOverwrite)
    expect(kept()).toMatchObject([{ jobTitle: 'Buyer', businessPhones: ['+49 30 1'], mobilePhone: '+49 170 1' }])
    await bound.Delete(DeleteMode.HardDelete)
    expect(kept()).toEqual([])
  })

  it('B-1: creates, completes and deletes a task', async () => {
    const task = new Task(service)
    task.Subject = 'Call Zoe'
    task.Body = new MessageBody('About the offer')
    await task.Save(WellKnownFolderName.Tasks)
    const { mailbox } = ews.anna
    const kept = () => mailbox.items(mailbox.wellKnown('tasks').id) as KeptTask[]
    expect(kept()).toMatchObject([{ subject: 'Call Zoe', status: 'notStarted', body: { content: 'About the offer' } }])
    const bound = await Task.Bind(service, task.Id)
    bound.Status = TaskStatus.Completed
    await bound.Update(ConflictResolutionMode.AlwaysOverwrite)
    expect(kept()).toMatchObject([{ status: 'completed', percent: 100 }])
    await bound.Delete(DeleteMode.MoveToDeletedItems)
    expect(kept()).toEqual([])
  })
})

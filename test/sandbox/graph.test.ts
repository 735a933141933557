import {
  BatchRequestContent,
  BatchResponseContent,
  type Client,
  FileUpload,
  LargeFileUploadTask,
  PageIterator,
} from '@microsoft/microsoft-graph-client'
import type { MailFolder, Message } from '@microsoft/microsoft-graph-types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Message as MessageItem, receive, type Sandbox, startSandbox, type User } from '#sandbox'
import { graphClient, PUBLIC_URL } from './support/graphClient.ts'

let sandbox: Sandbox
let client: Client
let anna: User
let count = 0

beforeAll(async () => {
  sandbox = await startSandbox({ publicUrl: PUBLIC_URL })
  anna = sandbox.world.addUser({ address: 'anna@halden.example', name: 'Anna Berg' })
  sandbox.world.addUser({ address: 'ben@halden.example', name: 'Ben Roth' })
  client = await graphClient(sandbox)
})
afterAll(() => sandbox.close())

/** Somebody of his own for a test. */
function somebody(): User {
  const number = ++count
  return sandbox.world.addUser({ address: `user${number}@halden.example`, name: `User ${number}` })
}

const mail = (user: User, subject: string, text = 'Hello\n') =>
  receive(
    sandbox.world,
    user,
    Buffer.from(
      `From: Far <far@x.example>\r\nTo: ${user.address}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@x.example>\r\nSubject: ${subject}\r\n\r\n${text}`,
    ),
  )

interface DeltaPage {
  value: (Message & { '@removed'?: { reason: string } })[]
  '@odata.nextLink'?: string
  '@odata.deltaLink'?: string
}

/** Reads on until the delta link; what was told, in order. */
async function readDelta(link: string, size = 2): Promise<{ told: DeltaPage['value']; next: string; pages: number }> {
  const told: DeltaPage['value'] = []
  for (let pages = 1; ; pages++) {
    const page = (await client
      .api(link)
      .header('Prefer', `odata.maxpagesize=${size}, IdType="ImmutableId"`)
      .get()) as DeltaPage
    told.push(...page.value)
    if (page['@odata.deltaLink']) return { told, next: page['@odata.deltaLink'], pages }
    link = page['@odata.nextLink'] as string
  }
}

describe('folders', () => {
  it('B-1: keep extended properties, told where they are asked for', async () => {
    const user = somebody()
    const path = `/users/${user.address}/mailFolders/inbox`
    const id = 'String {5f3e0f4c-8d0b-4f7a-9c1e-2b6a7d94c0de} Name Kept'
    const expand = `singleValueExtendedProperties($filter=id eq '${id}')`
    await client.api(path).patch({ singleValueExtendedProperties: [{ id, value: 'here' }] })
    expect(await client.api(path).expand(expand).get()).toMatchObject({
      displayName: 'Inbox',
      singleValueExtendedProperties: [{ id, value: 'here' }],
    })
    expect(await client.api(path).get()).not.toHaveProperty('singleValueExtendedProperties')
  })

  it('B-1: are listed by tens, found by well-known names, made, renamed, moved and deleted', async () => {
    const user = somebody()
    const base = `/users/${user.address}/mailFolders`
    const page = (await client.api(base).get()) as { value: MailFolder[] }
    expect(page.value.map(({ displayName }) => displayName)).toEqual([
      'Archive',
      'Deleted Items',
      'Drafts',
      'Inbox',
      'Junk Email',
      'Outbox',
      'Sent Items',
    ])
    const made = (await client.api(`${base}/inbox/childFolders`).post({ displayName: 'Projects' })) as MailFolder
    await expect(client.api(`${base}/inbox/childFolders`).post({ displayName: 'projects' })).rejects.toMatchObject({
      statusCode: 409,
      code: 'ErrorFolderExists',
    })
    await expect(client.api(base).post({ displayName: 'A', colour: 'red' })).rejects.toMatchObject({
      statusCode: 400,
      code: 'RequestBodyRead',
    })
    await client.api(`${base}/${made.id}`).patch({ displayName: 'Deals' })
    const delta = (await client.api(`${base}/delta`).header('Prefer', 'odata.maxpagesize=50').get()) as {
      value: MailFolder[]
      '@odata.deltaLink': string
    }
    expect(delta.value.map(({ displayName }) => displayName)).toContain('Deals')
    await client.api(`${base}/${made.id}/move`).post({ destinationId: 'archive' })
    await client.api(`${base}/${made.id}`).delete()
    const after = (await client.api(delta['@odata.deltaLink']).get()) as { value: MailFolder[] }
    const bin = (await client.api(`${base}/deleteditems`).get()) as MailFolder
    expect(after.value).toMatchObject([{ id: made.id, displayName: 'Deals', parentFolderId: bin.id }])
    await client.api(`${base}/${made.id}`).delete()
    await expect(client.api(`${base}/${made.id}`).get()).rejects.toMatchObject({
      statusCode: 404,
      code: 'ErrorItemNotFound',
    })
    await expect(client.api(`${base}/inbox`).delete()).rejects.toMatchObject({ statusCode: 403 })
  })
})

describe('messages', () => {
  it('B-1: a page iterator of the client reads all of them, newest first', async () => {
    const user = somebody()
    for (let number = 0; number < 23; number++) await mail(user, `Mail ${number}`)
    const first = await client.api(`/users/${user.id}/mailFolders/inbox/messages?$select=subject&$top=5`).get()
    const subjects: string[] = []
    await new PageIterator(client, first, (message: Message) => Boolean(subjects.push(message.subject ?? ''))).iterate()
    expect(new Set(subjects).size).toBe(23)
    expect(Object.keys(first.value[0]).sort()).toEqual(['@odata.etag', 'id', 'subject'])
  })

  it('T-40: are found by Message-ID and by a property of their own; MIME comes back byte by byte', async () => {
    const user = somebody()
    const message = await mail(user, 'Wanted')
    await mail(user, 'Other')
    const path = `/users/${user.id}/messages`
    const found = await client.api(path).filter("internetMessageId eq '<Wanted@x.example>'").get()
    expect(found.value).toMatchObject([
      { subject: 'Wanted', from: { emailAddress: { name: 'Far', address: 'far@x.example' } } },
    ])
    const property = 'String {00020329-0000-0000-C000-000000000046} Name RegardingLink'
    await client
      .api(`${path}/${found.value[0].id}`)
      .patch({ singleValueExtendedProperties: [{ id: property, value: 'link-1' }] })
    const filter = `singleValueExtendedProperties/any(ep: ep/id eq '${property}' and ep/value eq 'link-1')`
    const byProperty = await client
      .api(path)
      .filter(filter)
      .expand(`singleValueExtendedProperties($filter=id eq '${property}')`)
      .get()
    expect(byProperty.value).toMatchObject([
      { subject: 'Wanted', singleValueExtendedProperties: [{ value: 'link-1' }] },
    ])
    const mime = (await client.api(`${path}/${found.value[0].id}/$value`).getStream()) as ReadableStream<Uint8Array>
    expect(Buffer.from(await new Response(mime).arrayBuffer())).toEqual(Buffer.from(message.mime))
    await expect(client.api(path).filter('nonsense eq').get()).rejects.toMatchObject({ statusCode: 400 })
    await expect(client.api(path).filter("subject eq 'a'").orderby('receivedDateTime').get()).rejects.toMatchObject({
      code: 'InefficientFilter',
    })
    await expect(client.api(path).select('colour').get()).rejects.toMatchObject({ statusCode: 400 })
  })

  it('B-4: a move changes the id, the immutable id stays', async () => {
    const user = somebody()
    const { id, entryId } = await mail(user, 'Moving')
    const path = `/users/${user.id}/messages`
    const before = (await client.api(path).get()).value[0] as Message
    const lasting = (await client.api(path).header('Prefer', 'IdType="ImmutableId"').get()).value[0] as Message
    expect(before.id).not.toBe(lasting.id)
    const moved = (await client.api(`${path}/${before.id}/move`).post({ destinationId: 'archive' })) as Message
    expect(moved.id).not.toBe(before.id)
    await expect(client.api(`${path}/${before.id}`).get()).rejects.toMatchObject({ statusCode: 404 })
    expect(user.mailbox.item(id).entryId).not.toBe(entryId)
    const still = (await client.api(`${path}/${lasting.id}`).header('Prefer', 'IdType="ImmutableId"').get()) as Message
    expect(still).toMatchObject({ id: lasting.id, subject: 'Moving' })
  })

  it('FT-40: categories change the change key; who has an old one is refused with 412', async () => {
    const user = somebody()
    await mail(user, 'Marked')
    const path = `/users/${user.id}/messages`
    const before = (await client.api(path).get()).value[0]
    const marked = await client
      .api(`${path}/${before.id}`)
      .header('If-Match', before['@odata.etag'])
      .patch({ categories: ['Tracked'] })
    expect(marked).toMatchObject({ categories: ['Tracked'] })
    const late = client.api(`${path}/${before.id}`).header('If-Match', before['@odata.etag']).patch({ categories: [] })
    await expect(late).rejects.toMatchObject({ statusCode: 412, code: 'ErrorIrresolvableConflict' })
    await expect(client.api(`${path}/${before.id}`).patch({ subject: 'New' })).rejects.toMatchObject({
      statusCode: 400,
    })
    await client.api(`/users/${user.id}/outlook/masterCategories`).post({ displayName: 'Tracked', color: 'preset7' })
    await expect(
      client.api(`/users/${user.id}/outlook/masterCategories`).post({ displayName: 'tracked' }),
    ).rejects.toMatchObject({ statusCode: 409 })
  })
})

describe('delta', () => {
  it('law 1: tells what came, changed, was read, moved and was deleted; and nothing twice', async () => {
    const user = somebody()
    const messages = []
    for (let number = 0; number < 5; number++) messages.push(await mail(user, `Delta ${number}`))
    const link = `/users/${user.id}/mailFolders/inbox/messages/delta?$select=subject,isRead`
    const first = await readDelta(link)
    expect(first.told.map(({ subject }) => subject)).toEqual(['Delta 0', 'Delta 1', 'Delta 2', 'Delta 3', 'Delta 4'])
    expect(first.pages).toBe(3)
    expect((await readDelta(first.next)).told).toEqual([])
    const [changed, read, moved, deleted, gone] = messages.map(({ id }) => id) as [
      string,
      string,
      string,
      string,
      string,
    ]
    user.mailbox.update(changed, { categories: ['A'] })
    user.mailbox.update<MessageItem>(read, { read: true })
    user.mailbox.move(moved, user.mailbox.wellKnown('archive').id)
    user.mailbox.delete(deleted)
    user.mailbox.purge(gone)
    await mail(user, 'New')
    const second = await readDelta(first.next)
    const ids = first.told.map(({ id }) => id)
    expect(second.told).toMatchObject([
      { id: ids[0], subject: 'Delta 0' },
      { id: ids[1], isRead: true },
      { id: ids[2], '@removed': { reason: 'deleted' } },
      { id: ids[3], '@removed': { reason: 'changed' } },
      { id: ids[4], '@removed': { reason: 'deleted' } },
      { subject: 'New' },
    ])
    expect(second.told[1]).not.toHaveProperty('subject')
    expect((await readDelta(first.next)).told).toEqual(second.told)
  })

  it('law 1: a lost token is 410 and says SyncStateNotFound; a new round has everything', async () => {
    const user = somebody()
    await mail(user, 'Kept')
    const link = `/users/${user.id}/mailFolders/inbox/messages/delta`
    const { next } = await readDelta(link)
    await mail(user, 'Later')
    user.mailbox.forgetChanges()
    await expect(client.api(next).get()).rejects.toMatchObject({ statusCode: 410, code: 'SyncStateNotFound' })
    const again = await readDelta(link)
    expect(again.told).toHaveLength(2)
    sandbox.faults.inject({
      mailbox: user.address,
      operation: 'GET /mailFolders/{id}/messages/delta',
      fault: { kind: 'cursorLost' },
    })
    await expect(client.api(again.next).get()).rejects.toMatchObject({ statusCode: 410 })
    expect((await readDelta(again.next)).told).toEqual([])
  })

  it('T-60: changeType and a filter on the time of receipt hold for the rounds that follow', async () => {
    const user = somebody()
    const { id } = await mail(user, 'Old')
    const since = new Date(Date.now() - 60_000).toISOString()
    const path = `/users/${user.id}/mailFolders/inbox/messages/delta`
    const created = await readDelta(`${path}?changeType=created&$filter=receivedDateTime ge ${since}`)
    expect(created.told).toHaveLength(1)
    user.mailbox.update(id, { categories: ['A'] })
    await mail(user, 'New')
    expect((await readDelta(created.next)).told).toMatchObject([{ subject: 'New' }])
    const future = await readDelta(`${path}?$filter=receivedDateTime ge 2999-01-01T00:00:00Z`)
    expect(future.told).toEqual([])
  })
})

describe('sending', () => {
  it('OE-1: MIME is sent as it is, with its Message-ID; drafts become what was sent and keep their lasting id', async () => {
    const user = somebody()
    const base = `/users/${user.id}`
    const mime = Buffer.from(
      'To: ben@halden.example\r\nBcc: hidden@far.example\r\nMessage-ID: <own@x.example>\r\nSubject: MIME\r\n\r\nHello\r\n',
    )
    await client.api(`${base}/sendMail`).header('Content-Type', 'text/plain').post(mime.toString('base64'))
    const sent = await client.api(`${base}/mailFolders/sentitems/messages`).get()
    expect(sent.value).toMatchObject([
      {
        internetMessageId: '<own@x.example>',
        isDraft: false,
        bccRecipients: [{ emailAddress: { address: 'hidden@far.example' } }],
      },
    ])
    const draft = (await client
      .api(`${base}/messages`)
      .header('Prefer', 'IdType="ImmutableId"')
      .post({
        subject: 'Draft',
        body: { contentType: 'HTML', content: '<p>Hi</p>' },
        toRecipients: [{ emailAddress: { address: 'ben@halden.example' } }],
      })) as Message
    expect(draft).toMatchObject({ isDraft: true, from: { emailAddress: { address: user.address } } })
    await client.api(`${base}/messages/${draft.id}`).patch({ subject: 'Finished' })
    await client.api(`${base}/messages/${draft.id}/send`).post({})
    const after = (await client.api(`${base}/messages/${draft.id}`).get()) as Message
    expect(after).toMatchObject({ isDraft: false, subject: 'Finished' })
    const inbox = await client.api(`/users/ben@halden.example/mailFolders/inbox/messages`).get()
    expect(inbox.value.map(({ subject }: Message) => subject)).toEqual(expect.arrayContaining(['MIME', 'Finished']))
    expect(inbox.value[0].bccRecipients).toEqual([])
    expect(sandbox.world.outbox.at(-1)?.to).toEqual(['hidden@far.example'])
  })

  it('OE-20: in the name of somebody else is refused; without recipients too', async () => {
    const body = {
      message: {
        from: { emailAddress: { address: 'ben@halden.example' } },
        toRecipients: [{ emailAddress: { address: 'x@far.example' } }],
      },
    }
    await expect(client.api(`/users/${anna.id}/sendMail`).post(body)).rejects.toMatchObject({
      statusCode: 403,
      code: 'ErrorSendAsDenied',
    })
    await expect(client.api(`/users/${anna.id}/sendMail`).post({ message: {} })).rejects.toMatchObject({
      statusCode: 400,
      code: 'ErrorInvalidRecipients',
    })
  })

  it('OE-17: large attachments go up piece by piece, by the upload task of the client', async () => {
    const user = somebody()
    const draft = (await client.api(`/users/${user.id}/messages`).post({ subject: 'Large' })) as Message
    const content = Buffer.alloc(3_500_000, 'abcdefg')
    const path = `/users/${user.id}/messages/${draft.id}/attachments`
    const session = await LargeFileUploadTask.createUploadSession(client, `${path}/createUploadSession`, {
      AttachmentItem: {
        attachmentType: 'file',
        name: 'large.bin',
        size: content.length,
        contentType: 'application/octet-stream',
      },
    })
    const file = new FileUpload(content, 'large.bin', content.length)
    const task = new LargeFileUploadTask(client, file, session, { rangeSize: 1_310_720 })
    const result = await task.upload()
    expect(result.location).toContain('/attachments')
    const { value } = await client.api(path).get()
    expect(value).toMatchObject([{ name: 'large.bin', size: content.length }])
    expect(Buffer.from(value[0].contentBytes, 'base64').equals(content)).toBe(true)
  })
})

describe('batch', () => {
  it('SC-10: carries out up to 20 requests, those that depend on others after them', async () => {
    const user = somebody()
    const content = new BatchRequestContent([
      {
        id: '1',
        request: new Request(`${PUBLIC_URL}/users/${user.id}/mailFolders`, {
          method: 'POST',
          body: '{"displayName":"Batch"}',
          headers: { 'content-type': 'application/json' },
        }),
      },
      { id: '2', request: new Request(`${PUBLIC_URL}/users/${user.id}/mailFolders?$top=50`), dependsOn: ['1'] },
      { id: '3', request: new Request(`${PUBLIC_URL}/users/${user.id}/messages/AAMkNowhere`), dependsOn: ['2'] },
      { id: '4', request: new Request(`${PUBLIC_URL}/users/${user.id}`), dependsOn: ['3'] },
    ])
    const answer = new BatchResponseContent(await client.api('/$batch').post(await content.getContent()))
    expect(['1', '2', '3', '4'].map((id) => answer.getResponseById(id).status)).toEqual([201, 200, 404, 424])
    const folders = (await answer.getResponseById('2').json()) as { value: MailFolder[] }
    expect(folders.value.map(({ displayName }) => displayName)).toContain('Batch')
    const requests = Array.from({ length: 21 }, (_, index) => ({
      id: String(index),
      method: 'GET',
      url: `/users/${user.id}`,
    }))
    await expect(client.api('/$batch').post({ requests })).rejects.toMatchObject({ statusCode: 400 })
  })
})

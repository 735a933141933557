import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  answerEvent,
  type CalendarEvent,
  delegate,
  type Message,
  type Sandbox,
  startSandbox,
  type User,
  viewOf,
  type WellKnown,
} from '#sandbox'
import { SimulatedClock } from '#time'
import { delegatedCalendar, ewsAs, type Face } from './support/delegate.ts'
import { graphClient, PUBLIC_URL, tokenOf } from './support/graphClient.ts'

let sandbox: Sandbox
let [anna, sam, ben, eve] = [] as unknown as [User, User, User, User]
beforeAll(async () => {
  const clock = new SimulatedClock(new Date('2026-01-05T08:00:00Z'))
  sandbox = await startSandbox({ clock, publicUrl: PUBLIC_URL })
  const add = (name: string) =>
    sandbox.world.addUser({ address: `${name.toLowerCase()}@halden.example`, name, password: 'secret' })
  ;[anna, sam, ben, eve] = [add('Anna'), add('Sam'), add('Ben'), add('Eve')]
  delegate(anna, sam)
})
afterAll(() => sandbox.close())

const itemsIn = ({ mailbox }: User, folder: WellKnown) => mailbox.items(mailbox.wellKnown(folder).id)
const events = (user: User, subject: string) =>
  itemsIn(user, 'calendar').filter((one): one is CalendarEvent => one.kind === 'event' && one.subject === subject)
const messages = (user: User, folder: WellKnown, subject: string) =>
  itemsIn(user, folder).filter((one): one is Message => one.kind === 'message' && one.headers.subject === subject)
const start = new Date('2026-02-02T10:00:00Z')
const graphAs = async ({ address: username, password }: User) =>
  graphClient(sandbox, await tokenOf(sandbox, { grant_type: 'password', username, password }))

describe.each<Face>(['graph', 'ews'])('a delegate at another’s calendar, over %s', (face) => {
  const subject = `Plans over ${face}`

  it('B-1: what she makes is the owner’s meeting, sent on the owner’s behalf', async () => {
    const calendar = delegatedCalendar(sandbox, face, sam, anna)
    const id = await calendar.create({ subject, start, attendees: [ben.address, 'guest@outside.example'] })
    expect(events(anna, subject)).toMatchObject([{ mine: true, organizer: { address: anna.address } }])
    expect(events(sam, subject)).toEqual([])
    expect(events(ben, subject)).toMatchObject([{ mine: false, organizer: { address: anna.address } }])
    const [request, ...others] = messages(ben, 'inbox', subject)
    expect(others).toEqual([])
    expect(request?.headers).toMatchObject({ from: [{ address: anna.address }], sender: [{ address: sam.address }] })
    // She works in her own mailbox: what she sent lies there.
    expect([messages(sam, 'sentitems', subject).length, messages(anna, 'sentitems', subject).length]).toEqual([1, 0])
    const { attachments } = await viewOf(request?.mime ?? new Uint8Array())
    const text = Buffer.from(attachments[0]?.content ?? [])
      .toString('utf8')
      .replaceAll('\r\n ', '')
    expect(text).toContain('X-MS-OLK-SENDER;CN="Sam":mailto:sam@halden.example')
    expect(sandbox.world.outbox.map(({ from, to }) => ({ from, to })).at(-1)).toEqual({
      from: sam.address,
      to: ['guest@outside.example'],
    })
    await calendar.move(id, new Date('2026-02-02T12:00:00Z'))
    expect(events(ben, subject)).toMatchObject([{ start: { local: '2026-02-02T12:00:00' } }])
  })

  it('B-1: answers stand in the owner’s calendar; the message goes to the delegate, and is put away at the owner', async () => {
    const [invited] = events(ben, subject)
    await answerEvent({ world: sandbox.world, user: ben, notify: true }, String(invited?.id), 'accepted')
    expect(events(anna, subject)[0]?.attendees[0]).toMatchObject({ address: ben.address, answer: 'accepted' })
    const reply = `Accepted: ${subject}`
    const [got] = messages(sam, 'inbox', reply)
    expect(got).toMatchObject({ headers: { to: [{ address: sam.address }], from: [{ address: ben.address }] } })
    expect([messages(anna, 'inbox', reply).length, messages(anna, 'deleteditems', reply).length]).toEqual([0, 1])
    const shown = await (await graphAs(sam)).api('/me/messages').filter(`subject eq '${reply}'`).get()
    expect(shown.value).toMatchObject([{ meetingMessageType: 'meetingAccepted', isDelegated: true }])
    const shape = '<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>'
    const item = `<m:ItemIds><t:ItemId Id="${got?.entryId}"/></m:ItemIds>`
    const text = await ewsAs(sandbox, sam, `<m:GetItem>${shape}${item}</m:GetItem>`)
    expect(text).toContain('<t:IsDelegated>true</t:IsDelegated>')
    expect(text).toMatch(/<t:ReceivedRepresenting><t:Mailbox><t:Name>Anna</)
  })

  it('B-1: she calls it off in the owner’s name; a stranger is let into nothing', async () => {
    const stranger = delegatedCalendar(sandbox, face, eve, anna)
    await expect(stranger.create({ subject: 'No', start, attendees: [ben.address] })).rejects.toThrow(
      'ErrorAccessDenied',
    )
    const id = events(anna, subject)[0]?.entryId ?? ''
    await expect(stranger.cancel(id)).rejects.toThrow('Error')
    expect(events(anna, subject)).toHaveLength(1)
    await delegatedCalendar(sandbox, face, sam, anna).cancel(face === 'graph' ? writtenId(id) : id)
    expect(events(anna, subject)).toEqual([])
    expect(messages(ben, 'inbox', `Canceled: ${subject}`)).toMatchObject([
      { headers: { from: [{ address: anna.address }], sender: [{ address: sam.address }] } },
    ])
  })
})

const writtenId = (id: string) => id.replaceAll('/', '-').replaceAll('+', '_')

describe('what a delegate is let into', () => {
  it('B-1: the calendar alone, over both faces', async () => {
    const client = await graphAs(sam)
    const status = (path: string) =>
      client
        .api(`/users/${anna.address}/${path}`)
        .get()
        .then(
          () => 200,
          ({ statusCode }: { statusCode: number }) => statusCode,
        )
    expect(await Promise.all(['calendar', 'events', 'messages', 'contacts'].map(status))).toEqual([200, 200, 403, 403])
    const folder = (id: string) =>
      ewsAs(
        sandbox,
        sam,
        `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="${id}"><t:Mailbox><t:EmailAddress>${anna.address}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>`,
      )
    await expect(folder('calendar')).resolves.toContain('CalendarFolder')
    await expect(folder('inbox')).rejects.toThrow('ErrorAccessDenied')
  })

  it('B-1: the owner’s calendar stands among the delegate’s, as somebody else’s, and tells the owner’s events', async () => {
    await delegatedCalendar(sandbox, 'graph', sam, anna).create({ subject: 'Shown', start, attendees: [] })
    const client = await graphAs(sam)
    const { value } = (await client.api('/me/calendars').get()) as { value: { id: string; owner: object }[] }
    expect(value).toMatchObject([
      { owner: { address: sam.address }, canShare: true, isDefaultCalendar: true },
      { owner: { address: anna.address }, canShare: false, canEdit: true, isDefaultCalendar: false },
    ])
    const shown = await client.api(`/me/calendars/${value[1]?.id}/events`).get()
    expect(shown.value).toMatchObject([{ subject: 'Shown', isOrganizer: true }])
  })

  it('B-1: mail in the owner’s name says who sent it', async () => {
    const mail = (from: User, subject: string) => ({
      message: {
        subject,
        from: { emailAddress: { address: from.address, name: from.name } },
        toRecipients: [{ emailAddress: { address: ben.address, name: 'Ben' } }],
        body: { contentType: 'text', content: 'Hello' },
      },
    })
    await (await graphAs(sam)).api('/me/sendMail').post(mail(anna, 'On behalf'))
    expect(messages(ben, 'inbox', 'On behalf')).toMatchObject([
      { headers: { from: [{ address: anna.address }], sender: [{ address: sam.address }] } },
    ])
    await expect((await graphAs(eve)).api('/me/sendMail').post(mail(anna, 'Forged'))).rejects.toMatchObject({
      statusCode: 403,
    })
  })
})

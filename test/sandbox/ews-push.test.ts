import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Message, newMessage } from '#sandbox'
import { SimulatedClock } from '#time'
import { startEws } from './support/ews.ts'

const clock = new SimulatedClock()
let ews: Awaited<ReturnType<typeof startEws>>
beforeAll(async () => {
  ews = await startEws({ clock })
})
afterAll(() => ews.close())

async function deliver(subject: string): Promise<Message> {
  const { mailbox } = ews.anna
  const mime = Buffer.from(`Subject: ${subject}\r\nMessage-ID: <${subject}@x.example>\r\n\r\nText\r\n`)
  const message = await newMessage(mailbox, mime, { received: clock.now() })
  return mailbox.add<Message>(mailbox.wellKnown('inbox').id, message, 'newMail')
}

const FOLDERS = '<t:FolderIds><t:DistinguishedFolderId Id="inbox"/></t:FolderIds>'
const EVENTS =
  '<t:EventTypes><t:EventType>NewMailEvent</t:EventType><t:EventType>MovedEvent</t:EventType></t:EventTypes>'

/** Opens a stream; `next` waits until what came contains the text. */
async function openStream(subscription: string, minutes = 1) {
  const response = await ews.open(
    `<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>${subscription}</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>${minutes}</m:ConnectionTimeout></m:GetStreamingEvents>`,
  )
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  return async function next(wanted: string): Promise<string> {
    while (!text.includes(wanted)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`The stream ended without ${wanted}: ${text}`)
      text += Buffer.from(value).toString()
    }
    const end = text.indexOf(wanted) + wanted.length
    const read = text.slice(0, end)
    text = text.slice(end)
    return read
  }
}

const subscribe = async () =>
  (
    await ews.call(
      `<m:Subscribe><m:StreamingSubscriptionRequest>${FOLDERS}${EVENTS}</m:StreamingSubscriptionRequest></m:Subscribe>`,
    )
  ).value('SubscriptionId')

describe('notifications of the sandbox', () => {
  it('B-10: a stream tells at once what happens, says that it lives and ends in time', async () => {
    const subscription = await subscribe()
    await deliver('before')
    const next = await openStream(subscription)
    expect(await next('</s:Envelope>')).toContain('<m:ConnectionStatus>OK</m:ConnectionStatus>')
    await next('<t:NewMailEvent>')
    const message = await deliver('now')
    await next(`<t:ItemId Id="${message.entryId}"`)
    const moved = ews.anna.mailbox.move(message.id, ews.anna.mailbox.wellKnown('archive').id)
    expect(await next('</t:MovedEvent>')).toContain(moved.entryId)
    await clock.advance(46_000)
    await next('<m:ConnectionStatus>OK</m:ConnectionStatus>')
    await clock.advance(20_000)
    await next('<m:ConnectionStatus>Closed</m:ConnectionStatus>')
  })

  it('B-10: a stream of nothing known is an error', async () => {
    const next = await openStream('AAsAnosuch')
    expect(await next('</s:Envelope>')).toContain('ErrorInvalidSubscription')
  })

  it('B-10: pulled events begin behind the watermark; without any there is a StatusEvent', async () => {
    const made = await ews.call(
      `<m:Subscribe><m:PullSubscriptionRequest>${FOLDERS}${EVENTS}<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>`,
    )
    const id = made.value('SubscriptionId')
    const pull = (watermark: string) =>
      ews.call(
        `<m:GetEvents><m:SubscriptionId>${id}</m:SubscriptionId><m:Watermark>${watermark}</m:Watermark></m:GetEvents>`,
      )
    const quiet = await pull(made.value('m:Watermark'))
    expect(quiet.text).toContain('<t:StatusEvent>')
    const message = await deliver('pulled')
    const events = await pull(made.value('m:Watermark'))
    expect(events.values('ItemId', 'Id')).toEqual([message.entryId])
    expect((await pull(events.value('t:Watermark'))).text).toContain('<t:StatusEvent>')
    expect((await pull('bm9uZQ==')).codes).toEqual(['ErrorInvalidWatermark'])
    const gone = `<m:Unsubscribe><m:SubscriptionId>${id}</m:SubscriptionId></m:Unsubscribe>`
    expect((await ews.call(gone)).codes).toEqual(['NoError'])
    expect((await ews.call(gone)).codes).toEqual(['ErrorSubscriptionNotFound'])
  })

  it('B-10: notifications are lost and doubled on purpose', async () => {
    const subscription = await subscribe()
    ews.world.faults.inject({ fault: { kind: 'notificationLost' }, face: 'ews' })
    await deliver('lost')
    ews.world.faults.inject({ fault: { kind: 'notificationDoubled' }, face: 'ews' })
    const twice = await deliver('twice')
    const next = await openStream(subscription)
    const told = await next('</m:Notifications>')
    expect([...told.matchAll(/<t:ItemId Id="([^"]*)"/g)].map(([, id]) => id)).toEqual([twice.entryId, twice.entryId])
  })
})

describe('the master category list of the sandbox', () => {
  const name =
    '<t:UserConfigurationName Name="CategoryList"><t:DistinguishedFolderId Id="calendar"/></t:UserConfigurationName>'
  const get = () =>
    ews.call(
      `<m:GetUserConfiguration>${name.replaceAll('t:UserConfigurationName', 'm:UserConfigurationName')}<m:UserConfigurationProperties>XmlData</m:UserConfigurationProperties></m:GetUserConfiguration>`,
    )

  it('B-1: is read and written as the configuration item that it is', async () => {
    const xml = Buffer.from((await get()).value('XmlData'), 'base64').toString()
    expect(xml).toContain('<category name="Red category" color="0"')
    const more = xml.replace('</categories>', '<category name="Tracked to CRM" color="7"/></categories>')
    const data = Buffer.from(more.replace(/<category name="Red category"[^>]*>/, '')).toString('base64')
    const update = await ews.call(
      `<m:UpdateUserConfiguration><m:UserConfiguration>${name}<t:XmlData>${data}</t:XmlData></m:UserConfiguration></m:UpdateUserConfiguration>`,
    )
    expect(update.codes).toEqual(['NoError'])
    const names = ews.anna.mailbox.categories.all().map((category) => category.name)
    expect(names).toContain('Tracked to CRM')
    expect(names).not.toContain('Red category')
  })
})

/** Asks for the inbox with curl's own NTLM; gives the answer and, behind it, the status. */
async function curl(user: string, password: string): Promise<string> {
  const request =
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetFolder xmlns="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><FolderShape><t:BaseShape>IdOnly</t:BaseShape></FolderShape><FolderIds><t:DistinguishedFolderId Id="inbox"/></FolderIds></GetFolder></s:Body></s:Envelope>'
  const args = ['-s', '--ntlm', '-u', `${user}:${password}`, '-H', 'Content-Type: text/xml', '-d', request, ews.url]
  return (await promisify(execFile)('curl', ['-w', '%{http_code}', ...args])).stdout
}

describe('NTLM of the sandbox', () => {
  it('B-1: curl signs in with the right password, by address or domain, and not with a wrong one', async () => {
    expect(await curl('anna@halden.example', 'secret')).toMatch(/NoError.*200$/s)
    expect(await curl('HALDEN\\anna', 'secret')).toMatch(/NoError.*200$/s)
    expect(await curl('anna@halden.example', 'wrong')).toMatch(/^401$/)
  })
})

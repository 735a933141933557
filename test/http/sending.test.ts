import { afterAll, beforeAll, expect, test } from 'vitest'
import { EMAIL_STATUS, SYSTEM } from '#records'
import { runOutgoingMailbox, startWorker } from '#sync'
import { runCommand } from '../../src/cli/run.ts'
import { API, type Client, openSite, type Site } from './support/site.ts'

let site: Site
let anna: Client
let ben: Client
let dora: string
beforeAll(async () => {
  site = await openSite()
  anna = await site.as(site.anna)
  ben = await site.as(site.ben)
  dora = (await site.contact({ firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@contoso.example' })).id
})
afterAll(() => site.close())

const cycle = () => runOutgoingMailbox(site.regarding, site.anna.mailboxId, { guard: () => Promise.resolve() })
const action = (id: string, name: string, body: object = {}, by = anna) =>
  by.post(`${API}/emails(${id})/Microsoft.Dynamics.CRM.${name}`, body)
const status = async (id: string) => (await anna.get(`${API}/RetrieveDeliveryStatus(EmailId=${id})`)).json

/** As a program of the field makes an email: with its parties, in one request. */
async function draft(values: object = {}): Promise<string> {
  const { status: code, json } = await anna.post(
    `${API}/emails`,
    {
      subject: 'Offer',
      description: 'Good morning',
      'regardingobjectid_contact_email@odata.bind': `/contacts(${dora})`,
      email_activity_parties: [
        { 'partyid_systemuser@odata.bind': `/systemusers(${site.anna.id})`, participationtypemask: 1 },
        { 'partyid_contact@odata.bind': `/contacts(${dora})`, participationtypemask: 2 },
      ],
      ...values,
    },
    { prefer: 'return=representation' },
  )
  expect([code, json]).toMatchObject([201, { statuscode: 1 }])
  return String(json.activityid)
}

test('OE-1, OE-4: SendEmail answers with the subject; WithdrawEmail takes it back; others may do neither', async () => {
  const id = await draft()
  expect((await action(id, 'SendEmail', { IssueSend: true }, ben)).status).toBe(403)
  const sent = await action(id, 'SendEmail', { IssueSend: true })
  expect([sent.status, sent.json.Subject]).toEqual([200, expect.stringMatching(/^Offer CRM:0\d+$/)])
  expect(await status(id)).toMatchObject({ StatusCode: EMAIL_STATUS.pendingSend, Reason: 'Queued', Attempts: 0 })
  expect((await action(id, 'WithdrawEmail', {}, ben)).status).toBe(403)
  expect((await action(id, 'WithdrawEmail')).status).toBe(204)
  expect(await status(id)).toMatchObject({ Reason: 'Draft' })
  expect((await action(id, 'SendEmail', {})).status).toBe(200)
  await cycle()
  expect(await status(id)).toMatchObject({ StatusCode: EMAIL_STATUS.sent, Reason: 'Sent', Attempts: 1 })
  expect((await action(id, 'SendEmail', {})).json.error.message).toContain('no draft')
})

test('OE-1: with IssueSend false it is noted as sent and goes nowhere; a token of the caller’s is used', async () => {
  const before = site.server.sent.length
  const noted = await draft()
  await action(noted, 'SendEmail', { IssueSend: false })
  await cycle()
  expect([site.server.sent.length, await status(noted)]).toMatchObject([before, { Reason: 'Sent' }])
  const given = await action(await draft(), 'SendEmail', { IssueSend: true, TrackingToken: 'CRM:7777' })
  expect(given.json.Subject).toBe('Offer CRM:7777')
  await cycle()
})

test('OE-3: a person decides what nobody can know', async () => {
  for (const [name, code] of [
    ['ConfirmEmailSent', EMAIL_STATUS.sent],
    ['SendEmailAgain', EMAIL_STATUS.pendingSend],
  ] as const) {
    const id = await draft()
    await action(id, 'SendEmail')
    expect((await action(id, name)).status).toBe(400)
    await site.regarding.records.as(SYSTEM).update('email', id, { statuscode: EMAIL_STATUS.uncertain })
    expect(await status(id)).toMatchObject({
      Reason: 'DeliveryUncertain',
      Text: expect.stringContaining('It was sent'),
    })
    expect((await action(id, name)).status).toBe(204)
    expect(await status(id)).toMatchObject({ StatusCode: code })
    await cycle()
  }
})

test('OE-34: answers and attachments by actions, OE-52: templates', async () => {
  const id = await draft()
  const file = { FileName: 'note.txt', MimeType: 'text/plain', Body: Buffer.from('Hello').toString('base64') }
  expect((await action(id, 'AddEmailAttachment', file)).status).toBe(200)
  await action(id, 'SendEmail')
  await cycle()
  expect((await action(id, 'AddEmailAttachment', file)).status).toBeGreaterThanOrEqual(400)
  const answers: string[] = []
  for (const name of ['ReplyToEmail', 'ReplyAllToEmail', 'ForwardEmail']) {
    const { json } = await action(id, name)
    const made = (
      await anna.get(
        `${API}/emails(${String(json.EmailId)})?$select=subject&$expand=email_activity_parties($select=participationtypemask)`,
      )
    ).json
    answers.push(`${String(made.subject).slice(0, 10)} ${made.email_activity_parties.length}`)
  }
  expect(answers).toEqual(['Re: Offer  2', 'Re: Offer  2', 'Fwd: Offer 1'])
  const { json: template } = await anna.post(
    `${API}/templates`,
    { title: 'T', subject: 'For {!contact.firstname}', body: 'Dear {!contact.lastname}' },
    { prefer: 'return=representation' },
  )
  // Salespeople use templates; others write them.
  expect(template.error?.code ?? template.templateid).toBeTruthy()
  const templateid = await site.create('template', {
    title: 'T',
    subject: 'For {!contact.firstname}',
    body: 'Dear {!contact.lastname}',
  })
  const filled = await anna.post(`${API}/InstantiateTemplate`, {
    TemplateId: templateid,
    ObjectType: 'contact',
    ObjectId: dora,
  })
  expect(filled.json.value).toMatchObject([{ subject: 'For Dora', description: 'Dear Lind' }])
  const direct = await anna.post(`${API}/SendDirectEmail`, {
    TemplateId: templateid,
    Recipients: [{ '@odata.id': `contacts(${dora})` }],
  })
  expect(direct.json.EmailIds).toHaveLength(1)
  await cycle()
})

test('OE-1, OE-11: the command line writes, sends, tells and withdraws', async () => {
  const run = async (...words: string[]) => {
    let said = { text: '', data: undefined as unknown }
    const output = {
      result: (text: string, data: unknown) => {
        said = { text, data }
      },
      say: (line: string) => {
        throw new Error(line)
      },
      progress: () => undefined,
    }
    expect(await runCommand(site.regarding, words, output, new AbortController().signal)).toBe(0)
    return said
  }
  const written = await run(
    'email',
    'write',
    site.anna.address,
    '--to',
    'contact:Dora Lind',
    '--subject',
    'By hand',
    '--body',
    'Hello',
  )
  const id = (written.data as { emailId: string }).emailId
  expect((await run('email', 'send', id)).text).toMatch(/By hand CRM:/)
  expect((await run('email', 'status', id)).text).toContain('Waiting to be sent')
  expect((await run('email', 'status')).text).toContain(id)
  await run('email', 'withdraw', id)
  expect((await run('email', 'status', id)).text).toContain('Draft')
  await run(
    'email',
    'write',
    site.anna.address,
    '--to',
    'dora@contoso.example',
    '--subject',
    'At once',
    '--body',
    'Hello',
    '--send',
  )
  await cycle()
  expect(site.server.sent.at(-1)?.message.to).toEqual(['dora@contoso.example'])
})

test('SC-20: what a person sends goes at once, by the worker that runs', async () => {
  const running = startWorker(site.regarding, { concurrency: 2 })
  try {
    const id = await draft({ subject: 'Now' })
    await action(id, 'SendEmail')
    for (let tries = 0; tries < 200 && (await status(id)).Reason !== 'Sent'; tries++) {
      await site.clock.advance(10)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    // 200 steps of 10 ms: not the five minutes of the regular visit.
    expect(await status(id)).toMatchObject({ Reason: 'Sent' })
  } finally {
    await running.stop()
  }
})

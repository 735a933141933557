import { type ParsedMail, simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CORRELATION } from '#incoming'
import { attachFile, type DeliveryReason, deliveryOf, draftAnswer } from '#outgoing'
import { EMAIL_STATUS, PARTICIPATION, type Reference, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import { addUser, type Company, mail, openCompany, type Person } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'
import { as, draft, emailRow, outgoing, submit } from './support/sending.ts'

let company: Company
let dora: Reference
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  dora = await company.contact({ firstname: 'Dora', lastname: 'Lind', emailaddress1: 'dora@contoso.example' })
})
afterAll(() => company.close())

function headerOf({ headers }: ParsedMail, name: string): string {
  const value = headers.get(name)
  return typeof value === 'string' ? value : ''
}

const system = () => company.regarding.records.as(SYSTEM)

/** Sends a draft and gives what travelled. */
async function sent(id: string, person: Person = company.anna, mailbox = person) {
  await submit(company, person, id)
  await company.clock.advance(1)
  await outgoing(company, mailbox)
  const row = await emailRow(company, id)
  const found = company.server.sent.find(({ message }) => message.messageId === row['messageid'])
  if (!found) throw new Error(`It was not sent: ${JSON.stringify(await deliveryOf(company.regarding, SYSTEM, id))}`)
  return { row, ...found, parsed: await simpleParser(Buffer.from(found.message.source)) }
}

describe('what travels', () => {
  test('OE-14, MO-54: to the first address of a contact, whatever others it has; a queue and a user to theirs', async () => {
    const two = await company.contact({
      lastname: 'Two',
      emailaddress1: 'one@x.example',
      emailaddress2: 'two@x.example',
    })
    const support = { table: 'queue', id: company.support.id }
    const ben = { table: 'systemuser', id: company.ben.id }
    const { message } = await sent(await draft(company, company.anna, { to: [two, support], cc: [ben] }))
    expect(message.to.toSorted()).toEqual([company.ben.address, 'one@x.example', company.support.address])
    const none = await company.contact({ lastname: 'None', emailaddress2: 'two@x.example' })
    const id = await draft(company, company.anna, { to: [none] })
    await expect(submit(company, company.anna, id)).rejects.toThrow(/“None”.*OE-14/)
  })

  test('OE-2: blind copies are in the envelope and nowhere else; nobody gets it twice', async () => {
    const eve = await company.contact({ lastname: 'Eve', emailaddress1: 'eve@secret.example' })
    const { message, parsed } = await sent(await draft(company, company.anna, { to: [dora, dora], bcc: [eve, dora] }))
    expect(message.to).toEqual(['dora@contoso.example', 'eve@secret.example'])
    expect(message.bcc).toEqual(['eve@secret.example'])
    expect(Buffer.from(message.source).toString('latin1')).not.toContain('eve@secret.example')
    expect(parsed.bcc).toBeUndefined()
  })

  test('OE-2: HTML without scripts beside its text, pictures and files as they are, importance', async () => {
    const id = await draft(
      company,
      company.anna,
      { to: [dora] },
      {
        description: '<p>Grüße <script>alert(1)</script><img src="cid:logo"><img src="data:image/png;base64,AQID"></p>',
        mimetype: 'text/html',
        prioritycode: 2,
      },
    )
    const bytes = Buffer.alloc(200_000, 0).map((_, index) => (index * 7919) % 256)
    await attachFile(company.regarding, as(company.anna), id, { fileName: 'Übersicht 1.bin', content: bytes })
    await attachFile(company.regarding, as(company.anna), id, {
      fileName: 'logo.png',
      mimeType: 'image/png',
      content: Buffer.from('logo'),
      contentId: 'logo',
    })
    const { parsed } = await sent(id)
    expect(parsed.html).not.toContain('script')
    expect(parsed.text).toContain('Grüße')
    expect(parsed.headers.get('priority')).toBe('high')
    const by = (name: string) => parsed.attachments.find(({ filename }) => filename === name)
    expect(by('Übersicht 1.bin')?.content.equals(bytes)).toBe(true)
    expect(by('logo.png')).toMatchObject({ contentId: '<logo>', related: true })
    expect(by('picture-1.png')?.content).toEqual(Buffer.from([1, 2, 3]))
    await expect(
      attachFile(company.regarding, as(company.anna), id, { fileName: 'x', content: bytes }),
    ).rejects.toMatchObject({ code: 'ColumnReadOnly' })
  })

  test('OE-17: blocked kinds and too much are refused when it is sent', async () => {
    const id = await draft(company, company.anna, { to: [dora] })
    await attachFile(company.regarding, as(company.anna), id, { fileName: 'setup.exe', content: Buffer.alloc(10) })
    await expect(submit(company, company.anna, id)).rejects.toThrow(/setup\.exe.*OE-17/)
  })

  test('the signature of the sender stands below what is sent, once', async () => {
    const signature = await system().create('emailsignature', {
      title: 'Usual',
      body: '<b>Ben Holt, Adatum</b>',
      isdefault: true,
      ownerid: { table: 'systemuser', id: company.ben.id },
    })
    const id = await draft(
      company,
      company.ben,
      { to: [dora] },
      { description: 'Good <morning>', mimetype: 'text/plain' },
    )
    const { row, parsed } = await sent(id, company.ben)
    expect(row).toMatchObject({ emailsignatureid: signature, mimetype: 'text/html' })
    expect(parsed.text).toMatch(/^Good <morning>\s+Ben Holt, Adatum\s*$/i)
    const again = await draft(company, company.ben, { to: [dora] })
    await submit(company, company.ben, again)
    const { withdrawEmail } = await import('#outgoing')
    await withdrawEmail(company.regarding, as(company.ben), again)
    const { parsed: second } = await sent(again, company.ben)
    expect(second.text?.match(/Ben Holt, Adatum/gi)).toHaveLength(1)
    await system().delete('emailsignature', signature)
  })
})

describe('conversations', () => {
  test('OE-34, OE-35: what is stored at sending correlates answers by token, In-Reply-To, and conversation index', async () => {
    const { row, parsed } = await sent(await draft(company, company.anna, { to: [dora] }, { regardingobjectid: dora }))
    expect(row).toMatchObject({ threadid: row['activityid'], baseconversationindexhash: expect.any(Number) })
    expect(row['subjecthashes'] && row['addresshashes']).toBeTruthy()
    const answers: [string, Parameters<typeof mail>[0], number][] = [
      ['token', { from: 'dora@contoso.example', subject: `AW: ${String(row['subject'])}` }, CORRELATION.token],
      [
        'reply',
        { from: 'dora@contoso.example', subject: 'Re', inReplyTo: String(row['messageid']) },
        CORRELATION.inReplyTo,
      ],
      [
        'index',
        {
          from: 'dora@contoso.example',
          subject: 'Re',
          headers: { 'Thread-Index': headerOf(parsed, 'thread-index') },
        },
        CORRELATION.conversationIndex,
      ],
    ]
    for (const [name, answer] of answers)
      company.server
        .account(company.anna.address)
        .deliver(['INBOX'], mail({ ...answer, to: company.anna.address, messageId: `<${name}@dora>` }))
    await company.cycle(company.anna)
    for (const [name, , method] of answers)
      expect((await company.emails({ messageid: `<${name}@dora>` }))[0]).toMatchObject({
        correlationmethod: method,
        regardingobjectid: dora.id,
        threadid: row['threadid'],
      })
  })

  test('OE-34: a reply goes to who wrote, quotes, and carries In-Reply-To, References, and a child of the index', async () => {
    const index = Buffer.concat([Buffer.from([1]), Buffer.alloc(21, 5)]).toString('base64')
    const asked = mail({
      from: 'Dora Lind <dora@contoso.example>',
      to: `${company.anna.address}, other@contoso.example`,
      cc: company.ben.address,
      subject: 'A <question>',
      messageId: '<question@dora>',
      inReplyTo: '<earlier@dora>',
      headers: { 'Thread-Index': index },
      body: 'How <much>?',
    })
    company.server.account(company.anna.address).deliver(['INBOX'], asked)
    await company.regarding.options.setPersonal(as(company.anna), company.anna.id, { Track: 'All' })
    await company.cycle(company.anna)
    const [original] = await company.emails({ messageid: '<question@dora>' })
    const id = await draftAnswer(company.regarding, as(company.anna), String(original?.['activityid']), 'reply')
    expect(await company.parties(id)).toMatchObject([
      { participationtypemask: PARTICIPATION.sender, partyid: company.anna.id },
      { participationtypemask: PARTICIPATION.to, partyid: dora.id },
    ])
    const { row, message, parsed } = await sent(id)
    expect(message.to).toEqual(['dora@contoso.example'])
    expect(row).toMatchObject({ parentactivityid: original?.['activityid'], threadid: original?.['threadid'] })
    expect(parsed.subject).toMatch(/^Re: A <question> CRM:\d+$/)
    expect(parsed.inReplyTo).toBe('<question@dora>')
    expect(parsed.references).toEqual(['<earlier@dora>', '<question@dora>'])
    expect(headerOf(parsed, 'thread-index').slice(0, 28)).toBe(index.slice(0, 28))
    expect(Buffer.from(headerOf(parsed, 'thread-index'), 'base64')).toHaveLength(27)
    expect(parsed.headers.get('thread-topic')).toBe('A <question>')
    expect(parsed.text).toContain('How <much>?')
    const all = await draftAnswer(company.regarding, as(company.anna), String(original?.['activityid']), 'replyAll')
    expect((await company.parties(all)).map((party) => [party['participationtypemask'], party['addressused']])).toEqual(
      [
        [PARTICIPATION.sender, null],
        [PARTICIPATION.to, 'dora@contoso.example'],
        [PARTICIPATION.cc, company.ben.address],
        [PARTICIPATION.cc, 'other@contoso.example'],
      ],
    )
    const forward = await emailRow(
      company,
      await draftAnswer(company.regarding, as(company.anna), String(original?.['activityid']), 'forward'),
    )
    expect(forward).toMatchObject({ subject: 'Fwd: A <question>', inreplyto: null })
  })

  test('OE-33: with tokens off nothing is appended; OE-30: a token that is there is used again', async () => {
    const first = await sent(await draft(company, company.anna, { to: [dora] }))
    const token = String(first.row['trackingtoken'])
    const again = await sent(await draft(company, company.anna, { to: [dora] }, { subject: `Again ${token}` }))
    expect(again.row).toMatchObject({ subject: `Again ${token}`, trackingtoken: token })
    await company.set({ UseTrackingTokens: false })
    const plain = await sent(await draft(company, company.anna, { to: [dora] }, { subject: 'Plain' }))
    expect(plain.row).toMatchObject({ subject: 'Plain', trackingtoken: null })
    await company.set({ UseTrackingTokens: true })
  })

  test('OE-34: what a person wrote into Message-ID, index or token of a draft does not travel', async () => {
    const values = {
      messageid: '<somebody@elses.example>',
      conversationindex: 'x\r\nBcc: thief@x.example',
      trackingtoken: 'thief@x.example',
      inreplyto: 'x\r\nBcc: thief@x.example',
    }
    const { row, message } = await sent(await draft(company, company.anna, { to: [dora] }, values))
    expect(row['messageid']).not.toBe(values.messageid)
    expect(Buffer.from(message.source).toString('latin1')).not.toContain('thief')
  })

  test('OE-31: the limit of the organization holds for what travels', async () => {
    await company.set({ MaximumSubjectLengthOnMailServer: 30 })
    const { parsed, row } = await sent(
      await draft(company, company.anna, { to: [dora] }, { subject: 'A long subject, longer than thirty characters' }),
    )
    expect(parsed.subject).toHaveLength(30)
    expect(parsed.subject).toBe(`A long subject, lo ${String(row['trackingtoken'])}`)
    await company.set({ MaximumSubjectLengthOnMailServer: 255 })
  })

  test('T-51, T-52, B-53: each user counts their own tokens', async () => {
    const number = async (person: Person) => {
      const { row } = await sent(await draft(company, person, { to: [dora] }), person)
      return /^CRM:0(\d{3})(\d+)$/.exec(String(row['trackingtoken']))?.slice(1).map(Number) as [number, number]
    }
    const [anna, ben, annaAgain] = [await number(company.anna), await number(company.ben), await number(company.anna)]
    expect(annaAgain).toEqual([anna[0], anna[1] + 1])
    expect(ben[0]).toBe(anna[0] + 1)
  })
})

describe('for somebody else', () => {
  test('OE-20, OE-22, PO-38: with privilege and consent it leaves from the other’s mailbox, and that one is the sender', async () => {
    const id = await draft(company, company.anna, { from: company.ben, to: [dora] })
    await expect(submit(company, company.anna, id)).rejects.toThrow(/has not allowed others.*OE-21/)
    await company.regarding.options.setPersonal(as(company.ben), company.ben.id, { SendOnBehalf: true })
    const { message, parsed, account } = await sent(id, company.anna, company.ben)
    expect(account).toBe(company.ben.address)
    expect(message.from).toBe(company.ben.address)
    expect(parsed.from?.value[0]?.address).toBe(company.ben.address)
    expect(parsed.headers.has('sender')).toBe(false)
  })

  test('OE-20: the privilege must reach the business unit of the other', async () => {
    const unit = await system().create('businessunit', {
      name: 'Elsewhere',
      parentbusinessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    const cleo = await addUser(company.regarding, 'Cleo', 'Far', 'cleo@adatum.example')
    await system().update('systemuser', cleo.id, { businessunitid: { table: 'businessunit', id: unit } })
    await company.regarding.options.setPersonal(as(cleo), cleo.id, { SendOnBehalf: true })
    const role = await system().create('role', {
      name: 'Near',
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    for (const [privilegename, privilegedepthmask] of [
      ['prvSendEmail', 8],
      ['prvSendAsUser', 2],
      ['prvReadActivity', 8],
      ['prvWriteActivity', 8],
    ] as const)
      await system().create('roleprivileges', {
        roleid: { table: 'role', id: role },
        privilegename,
        privilegedepthmask,
      })
    const dan = await addUser(company.regarding, 'Dan', 'Near', 'dan@adatum.example')
    const [held] = (
      await system().query({
        table: 'systemuserroles',
        filter: {
          kind: 'filter',
          type: 'and',
          items: [{ kind: 'condition', column: 'systemuserid', operator: 'eq', values: [dan.id] }],
        },
      })
    ).rows
    await system().update('systemuserroles', String(held?.['systemuserroleid']), {
      roleid: { table: 'role', id: role },
    })
    const far = await draft(company, dan, { from: cleo, to: [dora] })
    await expect(submit(company, dan, far)).rejects.toMatchObject({
      code: 'PrivilegeDenied',
      privilege: 'prvSendAsUser',
    })
    const near = await draft(company, dan, { from: company.ben, to: [dora] })
    await submit(company, dan, near)
    await company.regarding.records.as(SYSTEM).update('role', role, { description: ROLES.salesperson })
  })

  test('OE-20: from a queue that one may read', async () => {
    const { message, parsed } = await sent(
      await draft(company, company.anna, { from: company.support, to: [dora] }),
      company.anna,
      company.support,
    )
    expect(message.from).toBe(company.support.address)
    expect(parsed.from?.value[0]).toEqual({ name: 'Support', address: company.support.address })
  })

  test('OE-23: with delegation it goes through the mailbox of who clicks, and says so', async () => {
    await company.set({ EnableMailboxDelegationForOutgoingEmail: true })
    const id = await draft(company, company.anna, { from: company.ben, to: [dora] })
    const { message, parsed, account } = await sent(id, company.anna, company.anna)
    expect(account).toBe(company.anna.address)
    expect(message.from).toBe(company.anna.address)
    expect(parsed.from?.value[0]?.address).toBe(company.ben.address)
    expect((parsed.headers.get('sender') as { value: { address: string }[] }).value[0]?.address).toBe(
      company.anna.address,
    )
    await company.set({ EnableMailboxDelegationForOutgoingEmail: false })
  })
})

describe('why it waits', () => {
  test('OE-11, OE-12, MO-100: the reason names what keeps the mailbox from sending', async () => {
    const id = await draft(company, company.ben, { to: [dora] })
    await submit(company, company.ben, id)
    const changes: [Values, DeliveryReason][] = [
      [{ outgoingemaildeliverymethod: 0 }, 'OutgoingNone'],
      [{ outgoingemaildeliverymethod: 1 }, 'OutgoingByClient'],
      [{ outgoingemaildeliverymethod: 2, statecode: 1 }, 'MailboxInactive'],
      [{ statecode: 0, emailrouteraccessapproval: 2 }, 'AddressNotApproved'],
      [{ emailrouteraccessapproval: 1, enabledforoutgoingemail: false }, 'MailboxNotEnabled'],
      [{ enabledforoutgoingemail: true }, 'Queued'],
    ]
    for (const [values, reason] of changes) {
      await system().update('mailbox', company.ben.mailboxId, values)
      const { mailbox, ...delivery } = await deliveryOf(company.regarding, as(company.ben), id)
      expect(delivery).toMatchObject({ reason, status: EMAIL_STATUS.pendingSend, mailboxId: company.ben.mailboxId })
      expect(mailbox).toContain('Ben')
    }
    await outgoing(company, company.ben)
    expect((await emailRow(company, id))['statuscode']).toBe(EMAIL_STATUS.sent)
    await system().update('mailbox', company.ben.mailboxId, { enabledforoutgoingemail: false })
    await expect(outgoing(company, company.ben)).rejects.toMatchObject({ code: 'MailboxDisabled' })
    await system().update('mailbox', company.ben.mailboxId, { enabledforoutgoingemail: true })
  })
})

test('OE-15: unresolved recipients where the organization allows them', async () => {
  const id = await draft(company, company.anna, { to: ['stranger@y.example'] })
  await expect(submit(company, company.anna, id)).rejects.toThrow(/stranger@y\.example.*OE-15/)
  await company.set({ AllowUnresolvedPartiesOnEmailSend: true })
  const { message } = await sent(id)
  expect(message.to).toEqual(['stranger@y.example'])
  await company.set({ AllowUnresolvedPartiesOnEmailSend: false })
})

test('OE-18: a disabled user gets nothing, an inactive contact does', async () => {
  const gone = await addUser(company.regarding, 'Gone', 'User', 'gone@adatum.example')
  await system().update('systemuser', gone.id, { isdisabled: true })
  const id = await draft(company, company.anna, { to: [{ table: 'systemuser', id: gone.id }] })
  await expect(submit(company, company.anna, id)).rejects.toThrow(/OE-18/)
  const inactive = await company.contact({ lastname: 'Old', emailaddress1: 'old@x.example', statecode: 1 })
  await sent(await draft(company, company.anna, { to: [inactive] }))
})

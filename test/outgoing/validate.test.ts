import { describe, expect, test } from 'vitest'
import { EMAIL_STATUS } from '#records'
import type { Draft, Recipient, SendingRights, SendingSettings } from '../../src/sync/outgoing/model.ts'
import { faultsOf } from '../../src/sync/outgoing/validate.ts'

const sender = {
  partyId: '1',
  record: { table: 'systemuser', id: 'anna' },
  name: 'Anna',
  address: 'anna@a.example',
  disabled: false,
  mailboxId: 'm',
}
const dora: Recipient = {
  partyId: '2',
  role: 'to',
  name: 'Dora',
  record: { table: 'contact', id: 'dora' },
  address: 'dora@b.example',
  refusesEmail: false,
  disabled: false,
}
const draft: Draft = {
  id: 'e',
  status: EMAIL_STATUS.draft,
  outgoing: true,
  subject: 'Offer',
  senders: [sender],
  recipients: [dora],
  attachments: [],
}
const own: SendingRights = { isOwn: true, sendEmail: true, sendAsUser: false, consent: false, readsQueue: false }
const other: SendingRights = { ...own, isOwn: false }
const settings: SendingSettings = {
  allowUnresolved: false,
  attachmentBytes: 1000,
  blockedExtensions: ['exe'],
  subjectLimit: 255,
  useTokens: true,
  delegation: false,
  saveToSent: true,
}
const unresolved: Recipient = {
  partyId: '3',
  role: 'bcc',
  name: 'x@y.example',
  address: 'x@y.example',
  refusesEmail: false,
  disabled: false,
}
const without = <T extends object>(from: T, key: keyof T): T => {
  const { [key]: _, ...rest } = from
  return rest as T
}

const file = (name: string, size: number) => ({ id: name, name, type: 'text/plain', size, hash: 'h', inline: false })

/** The rules that stand against sending, and the first sentence. */
function refused(change: Partial<Draft>, rights = own, changed: Partial<SendingSettings> = {}): string[] {
  return faultsOf({ ...draft, ...change }, rights, { ...settings, ...changed }).map(({ rule }) => rule)
}

describe('what may be sent', () => {
  test('OE-1: a draft and an email that failed, nothing else', () => {
    expect(refused({})).toEqual([])
    expect(refused({ status: EMAIL_STATUS.failed })).toEqual([])
    for (const status of [EMAIL_STATUS.sent, EMAIL_STATUS.pendingSend, EMAIL_STATUS.sending, EMAIL_STATUS.uncertain])
      expect(refused({ status })).toEqual(['OE-1'])
    expect(refused({ outgoing: false })).toEqual(['OE-1'])
  })

  test('OE-10: From is one user or queue with a mailbox that has an address', () => {
    expect(refused({ senders: [] })).toEqual(['OE-10'])
    expect(refused({ senders: [sender, sender] })).toEqual(['OE-10'])
    expect(refused({ senders: [{ ...sender, record: { table: 'contact', id: 'c' } }] })).toEqual(['OE-10'])
    expect(refused({ senders: [without(sender, 'mailboxId')] })).toEqual(['OE-10'])
    expect(refused({ senders: [without(sender, 'address')] })).toEqual(['OE-10'])
    expect(refused({ senders: [{ ...sender, record: { table: 'queue', id: 'q' } }] })).toEqual([])
  })

  test('OE-13: somebody stands in To, Cc or Bcc', () => {
    expect(refused({ recipients: [] })).toEqual(['OE-13'])
    for (const role of ['to', 'cc', 'bcc'] as const) expect(refused({ recipients: [{ ...dora, role }] })).toEqual([])
  })

  test('OE-14: a party without usable address is named', () => {
    const [fault] = faultsOf({ ...draft, recipients: [dora, without(dora, 'address')] }, own, settings)
    expect(fault).toMatchObject({ rule: 'OE-14', text: expect.stringContaining('“Dora”') })
    for (const address of ['dora', 'a@b@c', 'a b@c.example', 'a@b.example\r\nRCPT TO:<c@d.example>', '<a@b.example>'])
      expect(refused({ recipients: [{ ...dora, address }] })).toEqual(['OE-14'])
  })

  test('OE-15: an address that is no record only where the organization allows it', () => {
    expect(refused({ recipients: [dora, unresolved] })).toEqual(['OE-15'])
    expect(refused({ recipients: [dora, unresolved] }, own, { allowUnresolved: true })).toEqual([])
  })

  test('OE-16: who does not want email gets none', () => {
    const [fault] = faultsOf({ ...draft, recipients: [{ ...dora, refusesEmail: true }] }, own, settings)
    expect(fault).toMatchObject({ rule: 'OE-16', text: expect.stringContaining('dora@b.example') })
  })

  test('OE-17, MB-92: attachments up to the limit together, of no blocked kind, with their content', () => {
    expect(refused({ attachments: [file('a.txt', 600), file('b.txt', 400)] })).toEqual([])
    expect(refused({ attachments: [file('a.txt', 600), file('b.txt', 401)] })).toEqual(['OE-17'])
    for (const name of ['a.exe', 'a.EXE', 'a.txt.exe ', 'a. exe'])
      expect(refused({ attachments: [file(name, 1)] })).toEqual(['OE-17'])
    expect(refused({ attachments: [without(file('a.txt', 1), 'hash')] })).toEqual(['OE-17'])
  })

  test('OE-18: disabled users neither send nor receive', () => {
    expect(refused({ senders: [{ ...sender, disabled: true }] })).toEqual(['OE-18'])
    expect(refused({ recipients: [{ ...dora, disabled: true }] })).toEqual(['OE-18'])
  })

  test('OE-20, OE-21, PO-38: for somebody else only with privilege and consent, for a queue with privilege and reading', () => {
    expect(refused({}, other)).toEqual(['OE-21'])
    expect(refused({}, { ...other, consent: true })).toEqual(['OE-21'])
    expect(refused({}, { ...other, sendAsUser: true })).toEqual(['OE-21'])
    expect(refused({}, { ...other, sendAsUser: true, consent: true })).toEqual([])
    const senders = [{ ...sender, record: { table: 'queue', id: 'q' } }]
    expect(refused({ senders }, { ...other, sendAsUser: true })).toEqual(['OE-20'])
    expect(refused({ senders }, { ...other, sendAsUser: true, readsQueue: true })).toEqual([])
  })

  test('OE-23: with delegation the rights of the mail server decide', () => {
    expect(refused({}, other, { delegation: true })).toEqual([])
  })

  test('SE-60: nobody sends without the privilege Send Email, which is named', () => {
    const [fault] = faultsOf(draft, { ...own, sendEmail: false }, settings)
    expect(fault).toMatchObject({ rule: 'SE-60', privilege: 'prvSendEmail' })
  })

  test('every fault is told at once', () => {
    expect(refused({ senders: [], recipients: [unresolved, { ...dora, refusesEmail: true }] })).toEqual([
      'OE-10',
      'OE-15',
      'OE-16',
    ])
  })
})

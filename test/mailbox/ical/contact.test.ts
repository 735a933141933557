import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyPatch,
  type ContactFields,
  type ContactItem,
  type ContactText,
  patchContact,
  printContact,
  readContact,
} from '#mailbox'

const NOW = new Date('2026-01-05T08:00:00Z')
const word = fc
  .string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...Array.from('aB ;,:"\\\nÄ京🙂=')) })
  .map((text) => `x${text}x`)
const day = fc
  .integer({ min: -20_000, max: 20_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))
const address = fc.record(
  { street: word, city: word, state: word, postalCode: word, country: word },
  { requiredKeys: ['city'] },
)
const TEXTS: ContactText[] = [
  ...([
    'displayName',
    'prefix',
    'firstName',
    'middleName',
    'lastName',
    'suffix',
    'nickname',
    'company',
    'department',
  ] as const),
  ...([
    'email1',
    'email2',
    'email3',
    'businessPhone',
    'businessPhone2',
    'businessFax',
    'callback',
    'companyPhone',
  ] as const),
  ...(['homePhone', 'homePhone2', 'mobile', 'otherPhone', 'pager', 'assistantPhone', 'assistant', 'manager'] as const),
  ...(['jobTitle', 'spouse', 'governmentId', 'ftpSite', 'webPage', 'yomiFirstName', 'yomiLastName'] as const),
]
const texts = fc.dictionary(fc.constantFrom(...TEXTS), word, { maxKeys: 12, noNullPrototype: true })
const others = fc.record(
  {
    businessAddress: address,
    homeAddress: address,
    otherAddress: address,
    birthday: day,
    anniversary: day,
    children: fc.array(word, { minLength: 1, maxLength: 3 }),
    categories: fc.array(word, { minLength: 1, maxLength: 3 }),
    body: word.map((text) => ({ text })),
  },
  { requiredKeys: [] },
)
const fields: fc.Arbitrary<ContactFields> = fc.tuple(texts, others).map(([some, more]) => ({ ...some, ...more }))
const named = fields.map((some): ContactFields => ({ displayName: 'Ada', ...some }))
const clear = fc.subarray(
  TEXTS.filter((name) => name !== 'displayName'),
  { maxLength: 8 },
)

const CARD = `BEGIN:VCARD
VERSION:3.0
UID:u-1
FN:Ada Adler
N:Adler;Ada;;Dr.;;further
ORG:Adatum;Sales;Berlin
item1.EMAIL;TYPE=INTERNET;TYPE=HOME:ada@home.example
item1.X-ABLabel:Garden house
EMAIL;TYPE=WORK:ada@adatum.example
EMAIL:third@adatum.example
EMAIL:fourth@adatum.example
TEL;TYPE=CELL,VOICE:+49 171 1
TEL;TYPE=WORK;TYPE=FAX:+49 30 9
TEL;TYPE="work,voice":+49 30 1
ADR;TYPE=HOME:PO 7;2nd floor;Am Markt 1;Berlin;;10115;Germany
BDAY:--0229
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMD
 BAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8Q
X-MOON;X-ODD=1:full
END:VCARD
`.replaceAll('\n', '\r\n')

describe('contacts as vCards', () => {
  test('FD-23: whatever is written is read again as it was', () => {
    fc.assert(
      fc.property(named, (some) => {
        const read = readContact(printContact({ kind: 'contact', fields: some, marks: { organization: 'o' } }, 'u-9'))
        expect(read).toEqual({ kind: 'contact', uid: 'u-9', marks: { organization: 'o' }, fields: some })
      }),
      { numRuns: 400 },
    )
  })

  test('AP-20: a patch in the card is the patch of what is read, of our cards and of others', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(undefined), named), fields, clear, (own, set, cleared) => {
        const text = own ? printContact({ kind: 'contact', fields: own }, 'u-9') : CARD
        const before = readContact(text) as ContactItem
        const patch = { kind: 'contact', set, clear: cleared } as const
        expect(readContact(patchContact(text, patch, NOW)).fields).toEqual(applyPatch(before, patch).fields)
      }),
      { numRuns: 400 },
    )
  })

  test('AP-20: lines that a patch does not name stay byte for byte: photos, groups, unknown ones', () => {
    const patched = patchContact(CARD, { kind: 'contact', set: { jobTitle: 'CEO', email2: 'new@adatum.example' } }, NOW)
    const lines = patched.split('\r\n').filter((line) => !/^(TITLE|REV|EMAIL;TYPE=WORK)/.test(line))
    expect(lines).toEqual(CARD.split('\r\n').filter((line) => !line.startsWith('EMAIL;TYPE=WORK')))
    expect(patched).toContain('EMAIL;TYPE=WORK:new@adatum.example\r\n')
  })

  test('FD-23: what other programs write is understood', () => {
    expect(readContact(CARD).fields).toEqual({
      displayName: 'Ada Adler',
      lastName: 'Adler',
      firstName: 'Ada',
      prefix: 'Dr.',
      company: 'Adatum',
      department: 'Sales',
      email1: 'ada@home.example',
      email2: 'ada@adatum.example',
      email3: 'third@adatum.example',
      mobile: '+49 171 1',
      businessFax: '+49 30 9',
      businessPhone: '+49 30 1',
      homeAddress: { street: 'Am Markt 1', city: 'Berlin', postalCode: '10115', country: 'Germany' },
    })
  })

  test('FD-23: a vCard 2.1 is read, in its own charset and over lines that go on, and changed', () => {
    const lines = [
      'BEGIN:VCARD',
      'VERSION:2.1',
      'N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg',
      'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller, der mit dem =',
      'langen Namen',
      'NOTE;QUOTED-PRINTABLE:one=0D=0Atwo',
      'TEL;WORK;VOICE:+49 30 1',
      'EMAIL;INTERNET;ENCODING=QUOTED-PRINTABLE:joerg=40mueller.example',
      'ADR;WORK;ENCODING=QUOTED-PRINTABLE:;;Am Markt=201;Berlin',
      'X-MOON:full',
      'END:VCARD',
      '',
    ]
    const text = lines.join('\r\n')
    expect(readContact(text).fields).toEqual({
      displayName: 'Jörg Müller, der mit dem langen Namen',
      firstName: 'Jörg',
      lastName: 'Müller',
      body: { text: 'one\ntwo' },
      businessPhone: '+49 30 1',
      email1: 'joerg@mueller.example',
      businessAddress: { street: 'Am Markt 1', city: 'Berlin' },
    })
    const patch = { email1: 'j=20@mueller.example', lastName: 'Möller', businessAddress: { city: 'Köln' } }
    const patched = patchContact(text, { kind: 'contact', set: patch }, NOW)
    expect(readContact(patched).fields).toEqual({ ...readContact(text).fields, ...patch })
    expect(patched).toContain(lines.slice(3, 7).join('\r\n'))
  })

  test('CT-4: the mailing address is the preferred one, and only that', () => {
    const moved = patchContact(
      CARD,
      { kind: 'contact', set: { businessAddress: { city: 'Bonn' }, mailingAddress: 'business' } },
      NOW,
    )
    expect(readContact(moved).fields.mailingAddress).toBe('business')
    const back = patchContact(moved, { kind: 'contact', set: { mailingAddress: 'home' } }, NOW)
    expect(readContact(back).fields).toMatchObject({ mailingAddress: 'home', businessAddress: { city: 'Bonn' } })
    expect(readContact(back).fields.homeAddress).toEqual(readContact(CARD).fields.homeAddress)
  })

  test('B-80: what is no vCard is named', () => {
    expect(() => readContact('hello')).toThrow('the line "hello"')
    expect(() => readContact('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n')).toThrow('no vCard')
  })
})

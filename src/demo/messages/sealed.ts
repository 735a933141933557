import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { type Letter, type LetterAttachment, refused, type Story, tracked } from './story.ts'
import { multipart } from './write.ts'

/** Bytes that look like cipher text, the same in every run. */
function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at * 32 < length; at++) blocks.push(createHash('sha256').update(`${seed} ${at}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

const pdf = (title: string, length = 600): LetterAttachment => ({
  name: `${title}.pdf`,
  type: 'application/pdf',
  content: Buffer.concat([Buffer.from(`%PDF-1.4\n% ${title}\n`), noise(title, length), Buffer.from('\n%%EOF\n')]),
})

/** A picture of one grey pixel. */
function png(): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
  const data = deflateSync(Buffer.from([0, 128]))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A chunk of a PNG: length, type, data, checksum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

function crc32(bytes: Buffer): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return (sum ^ 0xffffffff) >>> 0
}

const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64').replaceAll(/(.{76})/g, '$1\r\n'))

function smime(type: 'enveloped-data' | 'signed-data', id: string): Pick<Letter, 'body' | 'headers'> {
  return {
    headers: {
      'Content-Transfer-Encoding': 'base64',
      'Content-Disposition': 'attachment; filename="smime.p7m"',
    },
    body: {
      type: `application/pkcs7-mime; smime-type=${type}; name="smime.p7m"`,
      content: base64(Buffer.concat([Buffer.from([0x30, 0x80, 0x06, 0x09]), noise(id, 1500)])),
    },
  }
}

const signedText = 'The signature says it is me. The text says the price is fine.'

export const sealed: readonly Story[] = [
  {
    title: 'S/MIME and PGP: tracked with what was sealed as an attachment (T-12)',
    letters: [
      {
        id: 'smime-signed',
        from: 'urs',
        to: ['jonas'],
        subject: 'Signed: price agreement',
        when: '-25 09:00',
        text: signedText,
        body: multipart('signed; protocol="application/pkcs7-signature"; micalg=sha-256', 'smime-signed', [
          { type: 'text/plain; charset=utf-8', content: Buffer.from(signedText) },
          {
            type: 'application/pkcs7-signature; name="smime.p7s"',
            encoding: 'base64',
            fields: ['Content-Disposition: attachment; filename="smime.p7s"'],
            content: base64(noise('signature', 900)),
          },
        ]),
        in: { jonas: tracked('AutomaticAll', { body: 'The signature says it is me', sender: 'contact/urs' }) },
      },
      {
        id: 'smime-opaque',
        from: 'urs',
        to: ['jonas'],
        subject: 'Signed, the other way',
        when: '-25 09:10',
        text: '',
        ...smime('signed-data', 'opaque'),
        in: { jonas: tracked('AutomaticAll', { files: 1 }) },
      },
      {
        id: 'smime-encrypted',
        from: 'regula',
        to: ['jonas'],
        subject: 'Tender documents',
        when: '-24 09:20',
        text: '',
        ...smime('enveloped-data', 'encrypted'),
        in: { jonas: tracked('AutomaticAll', { files: 1, sender: 'contact/regula' }) },
      },
      {
        id: 'pgp-encrypted',
        from: 'saskia',
        to: ['jonas'],
        subject: '...',
        when: '-24 10:20',
        text: '',
        body: multipart('encrypted; protocol="application/pgp-encrypted"', 'pgp-encrypted', [
          { type: 'application/pgp-encrypted', content: Buffer.from('Version: 1') },
          {
            type: 'application/octet-stream; name="encrypted.asc"',
            content: Buffer.from(
              `-----BEGIN PGP MESSAGE-----\r\n\r\n${noise('pgp', 300).toString('base64')}\r\n-----END PGP MESSAGE-----`,
            ),
          },
        ]),
        in: { jonas: tracked('AutomaticAll', { sender: 'contact/saskia' }) },
      },
      {
        id: 'rights-protected',
        from: 'regula',
        to: ['jonas'],
        subject: 'Restricted: board papers',
        headers: { 'Content-Class': 'rpmsg.message' },
        when: '-23 10:00',
        text: 'Open this message in a program that may.',
        attachments: [
          { name: 'message.rpmsg', type: 'application/x-microsoft-rpmsg-message', content: noise('rpmsg', 700) },
        ],
        in: { jonas: refused('RestrictedItem') }, // the organization does not want them (T-11)
      },
    ],
  },
  {
    title: 'Attachments: kept, shown, blocked, too large (T-91)',
    letters: [
      {
        id: 'attachment-pdf',
        from: 'lars',
        to: ['mira'],
        subject: 'Our order 4711',
        when: '-6 08:00',
        text: 'Please find our order attached.',
        attachments: [pdf('Order 4711'), pdf('Terms of purchase')],
        in: { mira: tracked('AutomaticKnownSender', { files: 2 }) },
      },
      {
        id: 'attachment-inline',
        from: 'marit',
        to: ['mira'],
        subject: 'The wall behind bath 2',
        when: '-6 08:30',
        text: 'Look at this: <img src="cid:wall@bryggen-hotels.example" alt="the wall">',
        html: true,
        attachments: [{ name: 'wall.png', type: 'image/png', content: png(), inline: 'wall@bryggen-hotels.example' }],
        in: { mira: tracked('AutomaticKnownSender', { files: 1 }) },
      },
      {
        id: 'attachment-calendar',
        from: 'silje',
        to: ['mira'],
        subject: 'The shutdown calendar of next year',
        when: '-6 09:00',
        text: 'As a file for your calendar, if you like.',
        attachments: [
          {
            name: 'shutdown-2027.ics',
            type: 'text/calendar; charset=utf-8',
            content: Buffer.from('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n'),
          },
        ],
        in: { mira: tracked('AutomaticKnownSender', { files: 1 }) }, // a message with a file, not a meeting
      },
      {
        id: 'attachment-blocked',
        from: 'madis',
        to: ['support'],
        subject: 'Program that reads the display',
        when: '-6 10:00',
        text: 'Written by my son. Works on most days.',
        attachments: [
          { name: 'display.exe', type: 'application/octet-stream', content: noise('exe', 400) },
          { name: 'readme.txt', type: 'text/plain', content: Buffer.from('Double click.') },
        ],
        in: { support: tracked('AutomaticAll', { files: 1, filesLeftOut: true }) },
      },
      {
        id: 'attachment-large',
        from: 'madis',
        to: ['support'],
        subject: 'Film of the strainer',
        when: '-6 10:30',
        text: 'Forty seconds, with sound.',
        attachments: [{ name: 'strainer.mp4', type: 'video/mp4', content: noise('film', 700_000) }],
        in: { support: tracked('AutomaticAll', { files: 0, filesLeftOut: true }) },
      },
      {
        id: 'attachment-name',
        from: 'jirina',
        to: ['support'],
        subject: 'Měření z pondělí',
        when: '-5 08:00',
        text: 'The measurements of Monday.',
        attachments: [{ ...pdf('mereni'), name: 'Měření – pondělí.pdf' }],
        in: { support: tracked('AutomaticAll', { files: 1, subject: 'Měření z pondělí' }) },
      },
      {
        id: 'attachment-message',
        from: 'lenka',
        to: ['support'],
        subject: 'FW: what our supplier says',
        when: '-5 08:30',
        text: 'See his message attached.',
        attachments: [
          {
            name: 'supplier.eml',
            type: 'message/rfc822',
            content: Buffer.from('From: a@supplier.example\r\nSubject: Valve\r\n\r\nIt is the air.\r\n'),
          },
        ],
        in: { support: tracked('AutomaticAll', { files: 1 }) },
      },
    ],
  },
]

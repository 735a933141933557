import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '#time'

/** Who the messages are for. */
export const OWNER_ADDRESS = 'anna@adatum.example'

export interface CorpusOptions {
  messages: number
  /** Default 1: the same messages each time. */
  seed?: number
}

export interface Corpus {
  messages: number
  bytes: number
  /** Every address that a message comes from. */
  senders: string[]
}

const DAY = 86_400_000
const PEOPLE = 2_000
const COMPANIES = 400
/** Of the bytes of a message, log-normally distributed. */
const MEDIAN = 5_000
const SPREAD = 1.1
/** One message of so many holds a megabyte. */
const ONE_LARGE_OF = 1_000
const LARGE = 1_000_000
/** A message larger than this carries its weight as an attachment. */
const WITH_ATTACHMENT = 24_000

const WORDS = (
  'account agenda agreement annual answer approval april audit august autumn balance batch board booking brochure budget ' +
  'building call campaign cancel catalogue change claim client closing colour comment company conference confirm contract ' +
  'copy cost court credit customer data date deadline december delay delivery demand design desk detail discount document ' +
  'draft drawing drive early effort energy engine estimate event exam expense export fair february fee figure final first ' +
  'floor follow form freight friday garden goods group guide half hall harbour hardware help holiday hotel house idea import ' +
  'increase index invoice issue item january join july june kitchen label lamp launch lease letter level licence line list ' +
  'load loan local machine mail main manual march market material may measure meeting member memo method minute model monday ' +
  'month motor network news night notice november number october offer office open option order outline package paint panel ' +
  'paper part partner payment people permit phone photo piece plan plant plate point policy port position price print process ' +
  'product profit project proposal purchase quality quarter question quick quote rail range rate reading receipt record ' +
  'refund region release rent repair report request result return review road roof room sale sample saturday schedule school ' +
  'season second section september series service session sheet shift ship shop signal site size sketch slot software spare ' +
  'spring staff stage stand start statement station status steel step stock stone store street study summer sunday supply ' +
  'support survey switch system table talk target task tax team tender term test theme third thursday ticket tile timber time ' +
  'title tool tour town track trade train travel treaty trial tuesday tunnel update upgrade valve value vehicle venue view ' +
  'visit volume warehouse warranty water wednesday week weekend window winter wire wood work yard year zone'
).split(' ')

/**
 * Fills the folder of a Maildir with mail as a business gets it: log-normal sizes around 5 kB and a few of 1 MB, plain
 * text, HTML and attachments, two fifths of it answers to earlier messages. Received over the last sixty days, the
 * oldest first.
 */
export function writeCorpus(maildir: string, { messages, seed = 1 }: CorpusOptions): Corpus {
  const random = seededRandom(seed)
  const writer = new Writer(random, Date.now() - 60 * DAY, (59 * DAY) / messages)
  for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, name), { recursive: true })
  let bytes = 0
  for (let index = 0; index < messages; index++) {
    const { source, received } = writer.next(index)
    const lines = source.split('\n').length - 1
    const size = Buffer.byteLength(source)
    bytes += size + lines
    // As Dovecot's own delivery names files: S and W are the sizes with LF and with CRLF.
    const name = `${Math.floor(received / 1000)}.M${String(index).padStart(6, '0')}P1.bench,S=${size},W=${size + lines}:2,S`
    const path = join(maildir, 'cur', name)
    writeFileSync(path, source)
    utimesSync(path, received / 1000, received / 1000)
  }
  return { messages, bytes, senders: Array.from({ length: PEOPLE }, (_, person) => addressOf(person)) }
}

/** The messages of a corpus by name, in the order of their arrival. */
export function corpusFiles(maildir: string): string[] {
  return readdirSync(join(maildir, 'cur')).sort()
}

function addressOf(person: number): string {
  return `person${person}@company${person % COMPANIES}.example`
}

interface Earlier {
  id: string
  subject: string
  references: string[]
}

class Writer {
  readonly #random: () => number
  readonly #start: number
  readonly #step: number
  readonly #recent: Earlier[] = []

  constructor(random: () => number, start: number, step: number) {
    this.#random = random
    this.#start = start
    this.#step = step
  }

  next(index: number): { source: string; received: number } {
    const received = this.#start + Math.floor(index * this.#step)
    const id = `<m${index}.${this.#whole(1e9).toString(36)}@mail.example>`
    const parent = this.#random() < 0.4 ? this.#pick(this.#recent) : undefined
    const subject = parent ? `Re: ${parent.subject.replace(/^Re: /, '')}` : sentence(this.#words(3 + this.#whole(5)))
    const references = parent ? [...parent.references, parent.id].slice(-8) : []
    const size = index % ONE_LARGE_OF === ONE_LARGE_OF / 2 ? LARGE : this.#size()
    // The more a person writes, the smaller the number.
    const person = Math.min(PEOPLE - 1, Math.floor(PEOPLE * this.#random() ** 3))
    const header = [
      `Return-Path: <${addressOf(person)}>`,
      `Received: from mx.company${person % COMPANIES}.example by mail.adatum.example with ESMTPS id ${index.toString(36)};`,
      `\t${new Date(received).toUTCString()}`,
      `From: "Person Number${person}" <${addressOf(person)}>`,
      `To: "Anna Berg" <${OWNER_ADDRESS}>`,
      ...(this.#random() < 0.3 ? [`Cc: ${addressOf(this.#whole(PEOPLE))}, ${addressOf(this.#whole(PEOPLE))}`] : []),
      `Subject: ${subject}`,
      `Date: ${new Date(received - 5_000).toUTCString()}`,
      `Message-ID: ${id}`,
      ...(parent ? [`In-Reply-To: ${parent.id}`, `References: ${references.join('\n\t')}`] : []),
      'MIME-Version: 1.0',
      'X-Mailer: Example Mail 12.0',
    ]
    this.#recent.push({ id, subject, references })
    if (this.#recent.length > 200) this.#recent.shift()
    return { source: `${header.join('\n')}\n${this.#content(size, index)}`, received }
  }

  #content(size: number, index: number): string {
    const boundary = `=_part_${index}_x`
    if (size > WITH_ATTACHMENT) {
      const text = this.#text(2_000)
      const attachment = base64(size - 3_000, this.#whole(256))
      return [
        `Content-Type: multipart/mixed; boundary="${boundary}"\n`,
        `--${boundary}\nContent-Type: text/plain; charset=utf-8\n\n${text}`,
        `--${boundary}\nContent-Type: application/pdf; name="offer-${index}.pdf"\nContent-Transfer-Encoding: base64`,
        `Content-Disposition: attachment; filename="offer-${index}.pdf"\n\n${attachment}`,
        `--${boundary}--\n`,
      ].join('\n')
    }
    if (this.#random() < 0.5) {
      return `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${this.#text(size - 800)}`
    }
    const text = this.#text((size - 1_000) / 3)
    const html = `<html><body>${text.replaceAll(/\n(?=.)/g, '<br>\n')}<p style=3D"color:#444">${'=20'.repeat(20)}</p></body></html>`
    const more = this.#text((size - 1_000) / 3)
    return [
      `Content-Type: multipart/alternative; boundary="${boundary}"\n`,
      `--${boundary}\nContent-Type: text/plain; charset=utf-8\n\n${text}`,
      `--${boundary}\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${html}\n${more}`,
      `--${boundary}--\n`,
    ].join('\n')
  }

  #text(characters: number): string {
    let text = ''
    while (text.length < characters) text += `${sentence(this.#words(8 + this.#whole(6)))}.\n`
    return text
  }

  #words(count: number): string[] {
    return Array.from({ length: count }, () => WORDS[this.#whole(WORDS.length)] as string)
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[this.#whole(items.length)]
  }

  #whole(below: number): number {
    return Math.floor(this.#random() * below)
  }

  #size(): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
    return Math.max(900, Math.round(MEDIAN * Math.exp(SPREAD * normal)))
  }
}

function sentence(words: readonly string[]): string {
  const text = words.join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function base64(length: number, start: number): string {
  const bytes = Buffer.alloc(Math.ceil((length * 57) / 77))
  for (let index = 0; index < bytes.length; index++) bytes[index] = (start + index * 31 + (index >> 8) * 17) & 0xff
  return (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\n')
}

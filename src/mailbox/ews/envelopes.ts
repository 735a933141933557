import { StringDecoder } from 'node:string_decoder'
import { UnreadableAnswer } from './reader.ts'

/** One envelope of a stream of notifications is small. */
const LONGEST = 4 * 1024 * 1024
const END = /<\/(?:[A-Za-z0-9_.-]{1,32}:)?Envelope\s*>/

/** Cuts a stream of SOAP envelopes, one after the other on one connection, into single ones. */
export class EnvelopeSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #text = ''

  /** The envelopes that are complete now. @throws UnreadableAnswer */
  push(bytes: Buffer): string[] {
    this.#text += this.#decoder.write(bytes)
    const complete: string[] = []
    for (let end = END.exec(this.#text); end; end = END.exec(this.#text)) {
      const length = end.index + end[0].length
      complete.push(this.#text.slice(0, length).trimStart())
      this.#text = this.#text.slice(length)
    }
    if (this.#text.length > LONGEST) throw new UnreadableAnswer(`one notification is longer than ${LONGEST} characters`)
    return complete
  }
}

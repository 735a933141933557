import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type ParsedMessage, parseMessage } from '#mime'
import { MessageCollector } from '../../src/mime/message-collector.ts'
import { MimeWalker } from '../../src/mime/walk.ts'

/** Nasty messages, each beside what must be read from it; limits are small so that the messages may be too. */
const FOLDER = join(import.meta.dirname, '../fixtures/mime')
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.eml'))
  .map((name) => name.slice(0, -4))
const LIMITS = { maxBodyCharacters: 2_000, maxAttachmentBytes: 4_000, blockedExtensions: ['exe'] }

const read = (name: string) => readFileSync(join(FOLDER, `${name}.eml`))

async function plain(message: ParsedMessage) {
  const attachments = []
  for (const { content, ...rest } of message.attachments) {
    attachments.push({ ...rest, content: Buffer.from(await content.bytes()).toString('latin1') })
  }
  await message.close()
  return { ...message, close: undefined, attachments }
}

describe('a corpus of nasty messages', () => {
  test('is there', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(40)
  })

  test.each(NAMES)('%s', async (name) => {
    const expected = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
    expect(await plain(await parseMessage(read(name), LIMITS))).toMatchObject(expected)
  })

  test.each(NAMES)('%s, however it is cut into pieces and wherever it is kept', async (name) => {
    const source = read(name)
    const whole = await plain(await parseMessage(source, LIMITS))
    for (const length of [1, 2, 3, 7, 50]) {
      const message = await parseInPieces(source, length)
      expect(await plain(message)).toEqual(whole)
    }
  })

  test.each(NAMES)('%s, cut off anywhere', async (name) => {
    const source = read(name)
    const step = Math.max(1, Math.floor(source.length / 60))
    for (let length = 0; length < source.length; length += step) {
      const message = await parseMessage(source.subarray(0, length), LIMITS)
      expect(message.size).toBe(length)
    }
  })
})

/** Pieces reach the walker as they are: the stream coalesces small ones, so the walker is driven directly. */
async function parseInPieces(source: Buffer, length: number): Promise<ParsedMessage> {
  const collector = new MessageCollector({
    ...LIMITS,
    blockedExtensions: new Set(LIMITS.blockedExtensions),
    maxParts: 1_000,
    memoryLimit: 1,
    directory: tmpdir(),
  })
  const walker = new MimeWalker(collector, 50)
  for (let start = 0; start < source.length; start += length) {
    walker.write(source.subarray(start, start + length))
    if (collector.spool.isHeavy) await collector.spool.relieve()
  }
  walker.end()
  return collector.finish(source.length)
}

test('a stream gives the same as bytes', async () => {
  for (const name of NAMES) {
    const source = read(name)
    const streamed = await parseMessage(Readable.from([source.subarray(0, 99), source.subarray(99)]), LIMITS)
    expect(await plain(streamed)).toEqual(await plain(await parseMessage(source, LIMITS)))
  }
})

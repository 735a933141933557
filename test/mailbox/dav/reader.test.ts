import { expect, test } from 'vitest'
import { type Element, readElements, UnreadableXml } from '../../../src/mailbox/dav/reader.ts'

async function read(text: string, wanted: readonly string[], size = text.length): Promise<Element[]> {
  const bytes = Buffer.from(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  )
  const found: Element[] = []
  for await (const element of readElements(pieces, new Set(wanted))) found.push(element)
  return found
}

const names = ({ name, children }: Element): unknown[] => [name, ...children.map(names)]

test('MB-14: elements are known by their namespace, whatever the prefix and wherever it was declared', async () => {
  const text = `<x:m xmlns:x="DAV:" xmlns="urn:ietf:params:xml:ns:caldav"><r><x:a/><d xmlns="DAV:"><a/>
    <x:r xmlns:x="urn:ietf:params:xml:ns:carddav" x:b="1"/><r/></d><a/><y:a xmlns:y="other"/></r></x:m>`
  const found = [['C:r', ['D:a'], ['D:d', ['D:a'], ['CARD:r'], ['D:r']], ['C:a'], ['a']]]
  for (const size of [1, 3, 1_000]) expect((await read(text, ['C:r'], size)).map(names)).toEqual(found)
})

test.each([
  ['<x:a/>', 'the prefix of “x:a” was not declared'],
  ['<a xmlns="DAV:"><b></a>', 'it is not well-formed XML'],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'it holds a document type'],
  ['<a>', 'it is not well-formed XML'],
])('what cannot be read is refused with its reason: %s', async (text, reason) => {
  await expect(read(text, ['D:a'])).rejects.toThrow(UnreadableXml)
  await expect(read(text, ['D:a'])).rejects.toThrow(reason)
})

test('SC-56: a character that XML does not know takes no other item with it', async () => {
  const text = '<m xmlns="DAV:"><a>one&#x1F;\u0001</a><a>two</a></m>'
  expect((await read(text, ['D:a'])).map((element) => element.text)).toEqual(['one\ufffd\ufffd', 'two'])
})

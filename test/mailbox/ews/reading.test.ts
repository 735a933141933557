import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MimeSplitter } from '../../../src/mailbox/ews/mimeContent.ts'
import { type Node, textOf } from '../../../src/mailbox/ews/node.ts'
import { AnswerReader } from '../../../src/mailbox/ews/reader.ts'
import { escapeXml, xml } from '../../../src/mailbox/ews/xml.ts'
import { processorTime, QUADRATIC } from '../../support/linear.ts'

function read(source: string, wanted: string[], size = 7): Node[] {
  const nodes: Node[] = []
  const reader = new AnswerReader({ wanted: new Set(wanted), onNode: (node) => nodes.push(node) })
  const bytes = Buffer.from(source)
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  reader.end()
  return nodes
}

describe('XML out', () => {
  test('SC-42: whatever text is put in, what is read is that text and no markup', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('<', '>', '&', '"', "'", '/', ']', '\n', '\r', '\t', '\0', ' ', 'a', ':', '='),
      }),
    )
    const property = fc.property(text, text, (content, attribute) => {
      const [node] = read(xml`<w a="${attribute}"><in>${content}</in></w>`.text, ['w'])
      expect(node).toEqual({
        name: 'w',
        attributes: { a: possible(attribute) },
        children: [{ name: 'in', attributes: {}, children: [], text: possible(content) }],
        text: '',
      })
    })
    fc.assert(property, { numRuns: 500 })
  })

  test('SC-42: pieces and lists stand as they are, nothing stands for undefined', () => {
    const items = ['<a>', 'b'].map((id) => xml`<i id="${id}"/>`)
    expect(xml`<l n="${2}" t="${true}">${items}${undefined}</l>`.text).toBe(
      '<l n="2" t="true"><i id="&lt;a&gt;"/><i id="b"/></l>',
    )
    expect(escapeXml('\ud800')).toBe('\ufffd')
  })
})

describe('XML in', () => {
  test('SC-42: wanted elements come one by one, whatever their prefix and wherever the network cuts', () => {
    const source =
      '<s:E xmlns:s="u"><s:H><m:V Major="15"/></s:H><m:M><t:Id Id="&#8364;ü"/>x<![CDATA[<y>]]></m:M><M/></s:E>'
    for (const size of [1, 2, 3, 1000]) {
      expect(read(source, ['V', 'M'], size)).toEqual([
        { name: 'V', attributes: { Major: '15' }, children: [], text: '' },
        {
          name: 'M',
          attributes: {},
          children: [{ name: 'Id', attributes: { Id: '€ü' }, children: [], text: '' }],
          text: 'x<y>',
        },
        { name: 'M', attributes: {}, children: [], text: '' },
      ])
    }
  })

  test('SC-42: what is cut off, malformed, nested without end or declares entities is refused in words', () => {
    const wrong: [string, RegExp][] = [
      ['<a><b>', /unclosed tag|in the middle/],
      ['', /root|in the middle/],
      ['Service unavailable', /well-formed/],
      ['<html><body><br></body></html>', /well-formed/],
      ['<a>&evil;</a>', /well-formed/],
      ['<!DOCTYPE a [<!ENTITY e "x">]><a/>', /document type/],
      ['<a>'.repeat(100), /nested/],
    ]
    for (const [source, words] of wrong) expect(() => read(source, ['a'])).toThrow(words)
  })

  test('T-90: MIME content is decoded while it comes, and the XML around it stays', () => {
    const contents = ['', 'x', 'ab', 'abc', 'From: a\r\n\r\n' + 'ü'.repeat(300)]
    const items = contents.map(
      (text, index) =>
        `<t:Message${index}><t:MimeContent CharacterSet="UTF-8">${Buffer.from(text).toString('base64')}</t:MimeContent></t:Message${index}>`,
    )
    const source = `<a><MimeContent/><t:MimeContentUTF8>eA==</t:MimeContentUTF8>${items.join('')}<b>1 &lt; 2</b></a>`
    for (const size of [1, 2, 3, 5, 64, 10_000]) {
      const splitter = new MimeSplitter()
      const bytes = Buffer.from(source)
      let [plain, mime] = ['', '']
      const take = (pieces: Iterable<{ xml: Buffer } | { mime: Buffer }>) => {
        for (const piece of pieces) {
          if ('xml' in piece) plain += piece.xml.toString()
          else mime += piece.mime.toString('latin1')
        }
      }
      for (let at = 0; at < bytes.length; at += size) take(splitter.push(bytes.subarray(at, at + size)))
      take(splitter.end())
      expect(Buffer.from(mime, 'latin1').toString(), `cut every ${size} bytes`).toBe(contents.join(''))
      expect(plain).toBe(source.replaceAll(/(<t:MimeContent CharacterSet="UTF-8">)[^<]*/g, '$1'))
    }
  })

  test('T-90: line ends within base64 are no content', () => {
    const splitter = new MimeSplitter()
    const mime = [...splitter.push(Buffer.from('<t:MimeContent>YW\r\nJj\r\n ZA==\r\n</t:MimeContent>'))]
    expect(Buffer.concat(mime.flatMap((piece) => ('mime' in piece ? [piece.mime] : []))).toString()).toBe('abcd')
  })

  test('SC-56: a character that XML does not know takes nothing else with it, wherever it is cut', () => {
    const bytes = Buffer.from('<R><I><S>Re: \u0001a&#x1F;b &amp; &#0;c</S></I><I A="&#2;"><S>&#xE9;</S></I></R>')
    for (const size of [1, 2, 7, 1_000]) {
      const subjects: (string | undefined)[] = []
      const reader = new AnswerReader({ wanted: new Set(['I']), onNode: (node) => subjects.push(textOf(node, 'S')) })
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
      reader.end()
      expect(subjects).toEqual(['Re: \ufffda\ufffdb & \ufffdc', 'é'])
    }
  })

  test('SC-42: the elements of an answer of 8 MB come in linear time', () => {
    const header =
      '<t:InternetMessageHeader HeaderName="Received">from mx.adatum.example by mail with ESMTP id 4711</t:InternetMessageHeader>'
    const item = `<m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items><t:Message><t:ItemId Id="${'A'.repeat(150)}" ChangeKey="${'C'.repeat(40)}"/><t:Subject>About the order &amp; more</t:Subject><t:InternetMessageHeaders>${header.repeat(20)}</t:InternetMessageHeaders></t:Message></m:Items></m:GetItemResponseMessage>`
    const bytes = Buffer.from(`<s:Envelope><s:Body><m:R>${item.repeat(2_700)}</m:R></s:Body></s:Envelope>`)
    const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) =>
      bytes.subarray(index * 65_536, (index + 1) * 65_536),
    )
    let count = 0
    const reader = new AnswerReader({ wanted: new Set(['GetItemResponseMessage']), onNode: () => count++ })
    const taken = processorTime(() => {
      for (const piece of pieces) reader.push(piece)
      reader.end()
    })
    expect(count).toBe(2_700)
    expect(taken).toBeLessThan(QUADRATIC)
  })
})

/** The text that XML can hold. */
function possible(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return value.toWellFormed().replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
}

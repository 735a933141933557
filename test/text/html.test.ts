import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { htmlToText, sanitizeHtml } from '#text'

const LINK_WITHOUT_TARGET = '<a target="_blank" rel="noopener noreferrer nofollow">a</a>'

describe('T-90: HTML made safe for display', () => {
  test.each([
    ['a script', '<p>a</p><script>alert(1)</script>', '<p>a</p>'],
    ['an event handler', '<p onclick="alert(1)">a</p>', '<p>a</p>'],
    ['a javascript link', '<a href="javascript:alert(1)">a</a>', LINK_WITHOUT_TARGET],
    ['a javascript link in disguise', '<a href="java\nscript:alert(1)">a</a>', LINK_WITHOUT_TARGET],
    ['a data link', '<a href="data:text/html,x">a</a>', LINK_WITHOUT_TARGET],
    ['an svg', '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">x</a></svg>', '<a>x</a>'],
    ['an svg as picture', '<img src="data:image/svg+xml;base64,PHN2Zz4=">', ''],
    ['a frame', 'a<iframe src="https://x.test">b</iframe>', 'a'],
    ['a form', '<form action="https://x.test"><input name="p"><button>Go</button></form>', 'Go'],
    ['a style sheet', '<style>p{color:red}</style><link rel="stylesheet" href="https://x.test">a', 'a'],
    ['a base', '<base href="https://x.test">a', 'a'],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=https://x.test">a', 'a'],
    ['a comment', 'a<!-- <script>x</script> -->b', 'ab'],
    ['an object', '<object data="x.swf"><embed src="x.swf"></object>a', 'a'],
    ['css with an address', '<p style="background:url(https://x.test/a)">a</p>', '<p>a</p>'],
    ['css with javascript', '<p style="background-color:url(javascript:alert(1))">a</p>', '<p>a</p>'],
    ['css with an expression', '<p style="width:expression(alert(1))">a</p>', '<p>a</p>'],
    [
      'css that covers the page',
      '<p style="position:fixed;top:0;z-index:9;color:red">a</p>',
      '<p style="color:red">a</p>',
    ],
    ['css with an escape', '<p style="background-color:\\75rl(x)">a</p>', '<p>a</p>'],
    ['a remote picture', 'a<img src="https://x.test/pixel.gif">', 'a'],
    ['a remote picture without scheme', 'a<img src="//x.test/pixel.gif">', 'a'],
    ['a picture set', 'a<img srcset="https://x.test/a 1x">', 'a'],
    ['a background attribute', '<table background="https://x.test/a"><tr><td>a', '<table><tr><td>a</td></tr></table>'],
    ['an id', '<p id="root" class="x">a</p>', '<p>a</p>'],
    ['broken markup', '<p><b>a', '<p><b>a</b></p>'],
    ['less-than signs', 'a < b & c', 'a &lt; b &amp; c'],
  ])('%s', (_, html, expected) => {
    const safe = sanitizeHtml(html)
    expect(safe).toBe(expected)
    expect(safe).not.toMatch(/javascript:|alert\(|onclick|<script|https:\/\/x\.test\/(?:a|pixel)/i)
  })

  test('what lays out a mail stays', () => {
    const html =
      '<table border="0" cellpadding="3" width="100%"><tr><td align="left" bgcolor="#fff" style="padding:0 5pt;color:#123456;font-family:Calibri, sans-serif;font-size:11pt;margin-left:0cm;border:solid windowtext 1.0pt"><font color="red"><b>a</b></font></td></tr></table>'
    expect(sanitizeHtml(html)).toContain(
      'style="padding:0 5pt;color:#123456;font-family:Calibri, sans-serif;font-size:11pt;margin-left:0cm;border:solid windowtext 1.0pt"',
    )
    expect(sanitizeHtml(html)).toContain('<font color="red"><b>a</b></font>')
  })

  test('pictures of the message itself stay, remote ones on demand', () => {
    expect(sanitizeHtml('<img src="cid:p1@x" alt="a">')).toBe('<img src="cid:p1@x" alt="a" />')
    expect(sanitizeHtml('<img src="data:image/png;base64,AAAA">')).toContain('data:image/png')
    expect(sanitizeHtml('<img src="https://x.test/a.png">', { remoteContent: true })).toContain('https://x.test/a.png')
    expect(sanitizeHtml('<img src="data:text/html;base64,AAAA">', { remoteContent: true })).toBe('')
  })

  test('links open elsewhere and tell nobody', () => {
    expect(sanitizeHtml('<a href="https://x.test" target="_top">a</a>')).toBe(
      '<a href="https://x.test" target="_blank" rel="noopener noreferrer nofollow">a</a>',
    )
  })

  test('made safe again it says the same, with the same tags where they have attributes', () => {
    const piece = fc.constantFrom(
      '<p style="color:red">',
      '</p>',
      '<b',
      '>',
      '<img src="cid:a">',
      '&lt;',
      '&',
      '"',
      '<a href="https://x.test">',
      'x',
      '<!--',
      '-->',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const once = sanitizeHtml(pieces.join(''))
        expect(said(sanitizeHtml(once))).toEqual(said(once))
      }),
      { numRuns: 500 },
    )
  })
})

/** The text, and the tags that have attributes: paragraphs within paragraphs come apart, which harms nobody. */
const said = (html: string) => [html.replaceAll(/<[^>]*>/g, ''), html.match(/<\w+ [^>]*>/g)]

describe('the words of an HTML text', () => {
  test.each([
    ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
    ['One<br>Two<br><br>Three', 'One\nTwo\n\nThree'],
    ['<div>One</div><div>Two</div>', 'One\nTwo'],
    ['<b>Bo</b>ld  and\n more', 'Bold and more'],
    ['<ul><li>a</li><li>b</li></ul>', '- a\n- b'],
    ['<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>', 'a b\nc'],
    ['a<script>b</script>c<style>d</style>e', 'ace'],
    ['<html><head><title>t</title></head><body>a</body></html>', 'a'],
    ['a<!-- <b>c</b> -->b', 'ab'],
    ['<![if !mso]>a<![endif]>', 'a'],
    ['<a href="x>y">link</a>', 'link'],
    ["<p title='it>s'>a</p>", 'a'],
    ['a < b', 'a < b'],
    ['1 &lt; 2 &amp; &#252; &#xFC; &uuml; &euro; &unknown; &nbsp;x', '1 < 2 & ü ü ü € &unknown; x'],
    ['&#0;&#xD800;&#x99999999;&#150;', '\ufffd\ufffd\ufffd–'],
    ['&alpha;&Omega;&yuml;', 'αΩÿ'],
    ['<p>unfinished <b', 'unfinished'],
    ['<script>never closed', ''],
    ['', ''],
  ])('%s', (html, text) => {
    expect(htmlToText(html)).toBe(text)
  })

  test('never throws, and is well-formed', () => {
    const piece = fc.oneof(
      fc.constantFrom('<', '>', '</', '<!--', '-->', '"', "'", '=', '&', '&#', ';', '<p', '<script>', ' '),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(htmlToText(pieces.join(''))).not.toMatch(/\p{Cs}|\0/u)
      }),
    )
  })
})

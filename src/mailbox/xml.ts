/** A piece of XML that is well formed; made only by `xml`, so that no text becomes markup by accident. */
export class Xml {
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  /** For `xml` alone. */
  static of(text: string): Xml {
    return new Xml(text)
  }
}

export type XmlValue = Xml | string | number | boolean | undefined | readonly XmlValue[]

/**
 * Writes XML: the literal parts stand as they are, every value is escaped for text and for attributes in double quotes
 * alike, pieces and lists of pieces are put in, `undefined` is nothing.
 */
export function xml(parts: TemplateStringsArray, ...values: readonly XmlValue[]): Xml {
  let text = parts[0] ?? ''
  for (const [index, value] of values.entries()) text += write(value) + (parts[index + 1] ?? '')
  return Xml.of(text)
}

function write(value: XmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Xml) return value.text
  if (typeof value === 'object') return value.map(write).join('')
  return escapeXml(String(value))
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // A parser would make spaces and line feeds of these.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
const SPECIAL = /[&<>"'\t\n\r]/g
/** Characters that XML 1.0 (2.2) cannot hold in any form: controls and the two non-characters. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g

/** Text that stands for itself in content and in quoted attributes; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(FORBIDDEN, '\ufffd')
    .replaceAll(SPECIAL, (sign) => ESCAPES[sign] as string)
}

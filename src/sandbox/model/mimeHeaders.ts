/** One field of the header block: the name and everything up to its last line end. */
interface Field {
  name: string
  raw: string
}

/** The header block as it stands, and the rest beginning with the empty line. Bytes are kept as they are. */
export function splitHeaders(mime: Uint8Array): { fields: Field[]; rest: Buffer } {
  const source = Buffer.from(mime.buffer, mime.byteOffset, mime.byteLength)
  const end = /\r?\n\r?\n/.exec(source.subarray(0, 1_048_576).toString('latin1'))
  const head = source.subarray(0, end ? end.index + (end[0].length === 4 ? 2 : 1) : source.length).toString('latin1')
  const fields: Field[] = []
  for (const line of head.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const last = fields.at(-1)
    if (/^[ \t]/.test(line) && last) last.raw += line
    else
      fields.push({
        name: line
          .slice(0, Math.max(0, line.indexOf(':')))
          .toLowerCase()
          .trim(),
        raw: line,
      })
  }
  return { fields, rest: source.subarray(Buffer.byteLength(head, 'latin1')) }
}

/** The same message without the fields named (lower-case) and with others put on top. */
export function withHeaders(
  mime: Uint8Array,
  without: readonly string[],
  add: readonly (readonly [name: string, value: string])[] = [],
): Buffer {
  const { fields, rest } = splitHeaders(mime)
  const top = add.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]+/g, ' ')}\r\n`)
  const kept = fields.filter(({ name }) => !without.includes(name)).map(({ raw }) => raw)
  return Buffer.concat([Buffer.from([...top, ...kept].join(''), 'latin1'), rest])
}

/** Names and values, unfolded, as Graph's `internetMessageHeaders` and EWS's `InternetMessageHeaders` have them. */
export function headerList(mime: Uint8Array): { name: string; value: string }[] {
  return splitHeaders(mime).fields.flatMap(({ raw }) => {
    const colon = raw.indexOf(':')
    if (colon < 1) return []
    const value = Buffer.from(raw.slice(colon + 1), 'latin1').toString('utf8')
    return [{ name: raw.slice(0, colon).trim(), value: value.replaceAll(/\r?\n(?=[ \t])/g, '').trim() }]
  })
}

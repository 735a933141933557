/** Of one field; what is longer is cut. */
const LONGEST = 10_000

/**
 * What the receiving mail server found about the author of a message: the result of DMARC in its Authentication-Results
 * (RFC 8601), in lower case, e.g. `fail`. Fields are given as they stand, from the top. Only those of the server that wrote
 * the topmost one count, and of several results the first: whatever came with the message stands below. Since anybody can
 * write such a field where the server writes none, a `pass` proves nothing.
 */
export function dmarcResult(fields: readonly string[]): string | undefined {
  let server: string | undefined
  for (const field of fields) {
    const [id = '', ...results] = statementsOf(field)
    const name = id.trim().split(/\s/, 1)[0]?.toLowerCase() ?? ''
    server ??= name
    if (name !== server) return undefined
    for (const result of results) {
      const found = /^\s*dmarc\s*(?:\/\s*\d+\s*)?=\s*([a-z]+)/i.exec(result)?.[1]
      if (found !== undefined) return found.toLowerCase()
    }
  }
  return undefined
}

/** Parted by semicolons, without comments (which nest) and what stands in quotes. */
function statementsOf(field: string): string[] {
  const statements = ['']
  let depth = 0
  let isQuoted = false
  const text = field.slice(0, LONGEST)
  for (let at = 0; at < text.length; at++) {
    const one = text.charAt(at)
    if (one === '\\') at++
    else if (isQuoted) isQuoted = one !== '"'
    else if (one === '"' && depth === 0) isQuoted = true
    else if (one === '(') depth++
    else if (one === ')') depth = Math.max(0, depth - 1)
    else if (depth > 0) continue
    else if (one === ';') statements.push('')
    else statements[statements.length - 1] += one
  }
  return statements
}

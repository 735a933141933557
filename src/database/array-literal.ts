/** An array as PostgreSQL reads it from text; undefined elements are null. */
export function arrayLiteral(texts: readonly (string | undefined | null)[]): string {
  return `{${texts.map((text) => (text === undefined || text === null ? 'NULL' : quoted(text))).join(',')}}`
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`
}

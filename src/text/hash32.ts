/**
 * FNV-1a, 32 bits, over the UTF-8 bytes, as a signed integer so that it fits a database's `integer`. Stable for ever:
 * hashes are stored and compared years later (T-46, T-58, T-59). Not for security.
 */
export function hash32(input: string | Uint8Array): number {
  if (typeof input === 'string') return ofAscii(input) ?? hash32(Buffer.from(input, 'utf8'))
  let hash = START
  for (const byte of input) hash = Math.imul(hash ^ byte, PRIME)
  return hash | 0
}

const START = 0x811c9dc5
const PRIME = 0x01000193

/** The same without making bytes; undefined when a character takes more than one. */
function ofAscii(text: string): number | undefined {
  let hash = START
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return undefined
    hash = Math.imul(hash ^ code, PRIME)
  }
  return hash | 0
}

/**
 * FNV-1a, 32 bits, over the UTF-8 bytes, as a signed integer so that it fits a database's `integer`. Stable for ever:
 * hashes are stored and compared years later (T-46, T-58, T-59). Not for security.
 */
export function hash32(input: string | Uint8Array): number {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash | 0
}

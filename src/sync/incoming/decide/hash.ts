/** A stable 32-bit hash (FNV-1a over UTF-8), signed. T-46, T-59. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash | 0
}

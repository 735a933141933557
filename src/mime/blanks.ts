/**
 * Raw header values hold one character per byte, and U+00A0 in them is half of `à` in UTF-8, so that `trim` and `\s`,
 * which take it for a blank, must not touch them.
 */
export function trimBlanks(raw: string): string {
  let start = 0
  let end = raw.length
  while (start < end && isBlank(raw.charCodeAt(start))) start++
  while (end > start && isBlank(raw.charCodeAt(end - 1))) end--
  return raw.slice(start, end)
}

/** Space, tab, and whatever line break is left. */
export function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

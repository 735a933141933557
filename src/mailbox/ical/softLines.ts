/** Lines that quoted-printable has parted are one. */
export function joinSoft(lines: readonly string[]): string[] {
  const joined: string[] = []
  for (const line of lines) {
    const last = joined.at(-1)
    if (last !== undefined && isOpen(last)) joined[joined.length - 1] = last + line
    else joined.push(line)
  }
  return joined
}

/** A line of such a value that goes on in the next one. */
function isOpen(line: string): boolean {
  return /=(?:\r\n|\n|\r)$/.test(line.slice(-3)) && /;[^:]*QUOTED-PRINTABLE[^:]*:/i.test(line.slice(0, 300))
}

import iconv from 'iconv-lite'
import { type Line, withoutParam } from './lines.ts'

/** Values as vCard 2.1 writes what is not ASCII: quoted-printable, in a charset of its own. */

const PARAMS = ['ENCODING', 'CHARSET', 'QUOTED-PRINTABLE']

/** The line with its value as text of the file, be it decoded by whoever reads or writes it further. */
export function decoded(line: Line): Line {
  const said = line.params['ENCODING']?.toUpperCase() === 'QUOTED-PRINTABLE' || 'QUOTED-PRINTABLE' in line.params
  if (!said) return line
  const charset = line.params['CHARSET'] ?? 'utf-8'
  const bytes = line.value
    .replace(/=(?:\r\n|\n|\r)/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const value = iconv.decode(Buffer.from(bytes, 'latin1'), iconv.encodingExists(charset) ? charset : 'utf-8')
  // A line feed within the value would end the line.
  return { ...line, value: value.replace(/\r\n|\r|\n/g, '\\n') }
}

/** The line without what says how its value is encoded. */
export function plainHead(line: Line): Line {
  return PARAMS.reduce(withoutParam, line)
}

import { ZONE_ALIASES } from './zoneAliases.ts'

/** The name IANA gives a zone today: `Europe/Kyiv`, `Asia/Kolkata`, `UTC`. */
export type IanaZone = string

let preferred: Map<string, IanaZone> | undefined
let every: readonly IanaZone[] | undefined

/** Today's IANA name of a zone under any of its names, in any case; undefined for what is no name of IANA. */
export function canonicalZone(name: string): IanaZone | undefined {
  preferred ??= readNames()
  const known = preferred.get(name.toLowerCase())
  if (known !== undefined) return known
  if (!/^[a-z][\w+/-]{1,63}$/i.test(name)) return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return preferred.get(timeZone.toLowerCase()) ?? timeZone
  } catch {
    return undefined
  }
}

/** Every zone that Intl knows, by today's names. */
export function allZones(): readonly IanaZone[] {
  every ??= [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone').map((name) => canonicalZone(name) ?? name)])]
  return every
}

function readNames(): Map<string, IanaZone> {
  const names = new Map(Intl.supportedValuesOf('timeZone').map((name) => [name.toLowerCase(), name]))
  for (const line of ZONE_ALIASES) {
    const group = line.split(' ')
    const first = group.find((name) => name === 'Etc/UTC') ? 'UTC' : (group[0] as string)
    for (const name of group) names.set(name.toLowerCase(), first)
  }
  return names.set('utc', 'UTC').set('etc/utc', 'UTC')
}

/**
 * Makes `src/calendar/zones/windowsZones.ts` and `src/calendar/zones/zoneAliases.ts` from two files of CLDR (unicode-org/cldr-json):
 * `npx tsx scripts/zones.ts cldr-core/supplemental/windowsZones.json cldr-bcp47/bcp47/timezone.json`
 */
import { readFile, writeFile } from 'node:fs/promises'
import { ianaOffset, ianaTransitions } from '../src/calendar/zones/offsets.ts'

interface MapZone {
  _other: string
  _type: string
  _territory: string
}

/** Of places that CLDR does not list yet. */
const TERRITORY_OF: Record<string, string> = { 'America/Coyhaique': 'CL', 'Antarctica/Troll': 'AQ' }

interface WindowsZones {
  supplemental: {
    version: { _cldrVersion: string }
    windowsZones: { mapTimezones: { mapZone: MapZone }[] }
  }
}

/* oxlint-disable no-underscore-dangle -- CLDR's own names */
interface Keyword {
  keyword: { u: { tz: Record<string, string | { _alias?: string; _iana?: string }> } }
}

const [windowsFile, aliasFile] = process.argv.slice(2)
if (!windowsFile || !aliasFile) {
  console.error('Usage: npx tsx scripts/zones.ts <windowsZones.json> <timezone.json>')
  process.exit(2)
}

const windows = JSON.parse(await readFile(windowsFile, 'utf8')) as WindowsZones
const keyword = JSON.parse(await readFile(aliasFile, 'utf8')) as Keyword
const version = windows.supplemental.version._cldrVersion

/** Names of one zone, the one that IANA prefers first. */
const groups = Object.values(keyword.keyword.u.tz)
  .flatMap((entry) => (typeof entry === 'string' || !entry._alias ? [] : [entry]))
  .map(({ _alias = '', _iana }) => {
    const names = _alias.split(' ').filter((name) => name !== 'Factory' && name !== 'Etc/Unknown')
    const first = _iana ?? names[0]
    return first === undefined ? [] : [first, ...names.filter((name) => name !== first)]
  })
  .filter((names) => names.length > 0)
const preferred = new Map(groups.flatMap((names) => names.map((name) => [name, names[0] as string])))

/** Windows zone → territory → places. */
const places = new Map<string, Map<string, string[]>>()
for (const { mapZone } of windows.supplemental.windowsZones.mapTimezones) {
  const names = mapZone._type.split(' ').filter((name) => name !== '')
  for (const name of names) add(mapZone._other, mapZone._territory, preferred.get(name) ?? name)
}
for (const [zone, territories] of places) {
  for (const [territory, names] of territories) {
    for (const name of names.filter((name) => !keepsTimeOf(firstOf(zone), name))) rehome(name, territory, zone)
  }
}
const listed = new Set([...places.values()].flatMap((territories) => [...territories.values()].flat()))
for (const name of Intl.supportedValuesOf('timeZone').map((name) => preferred.get(name) ?? name)) {
  if (!listed.has(name)) rehome(name, TERRITORY_OF[name] ?? 'ZZ')
}

function add(zone: string, territory: string, name: string): void {
  const territories = places.get(zone) ?? new Map<string, string[]>()
  const names = territories.get(territory) ?? []
  if (!names.includes(name)) names.push(name)
  places.set(zone, territories.set(territory, names))
}

/** CLDR is behind where a place has changed its time: it goes to a zone that keeps it, of its own territory if there is one. */
function rehome(name: string, territory: string, from?: string): void {
  const homes = [...places.keys()].filter((zone) => keepsTimeOf(firstOf(zone), name))
  const home = homes.find((zone) => places.get(zone)?.has(territory)) ?? homes[0]
  console.log(`${name}: ${from ?? 'in no zone'} → ${home ?? 'none keeps its time'}`)
  if (from !== undefined) {
    const left = (places.get(from)?.get(territory) ?? []).filter((other) => other !== name)
    if (left.length > 0) places.get(from)?.set(territory, left)
    else places.get(from)?.delete(territory)
  }
  if (home !== undefined) add(home, territory, name)
}

function firstOf(zone: string): string {
  return places.get(zone)?.get('001')?.[0] as string
}

function keepsTimeOf(a: string, b: string): boolean {
  return timeOf(a) === timeOf(b)
}

function timeOf(name: string): string {
  return JSON.stringify([ianaOffset(name, Date.UTC(2026, 0, 1)), ianaTransitions(name, 2026, 2030)])
}

const header = `// Made by scripts/zones.ts from CLDR ${version}. Do not edit.
// Copyright © 1991-2025 Unicode, Inc. Licensed under the Unicode License V3 (SPDX-License-Identifier: Unicode-3.0); see NOTICE.
`
const lineOf = (territories: Map<string, string[]>) =>
  [...territories].map(([territory, names]) => `${territory}=${names.join(' ')}`).join(';')
const quoted = (text: string) => `'${text}'`

await writeFile(
  'src/calendar/zones/windowsZones.ts',
  `${header}
/** Zones of Windows and the IANA zones that keep their time: by territory, \`001\` being the first choice anywhere. */
export const WINDOWS_ZONES: Readonly<Record<string, string>> = {
${[...places].map(([name, territories]) => `  ${quoted(name)}: ${quoted(lineOf(territories))},`).join('\n')}
}
`,
)
await writeFile(
  'src/calendar/zones/zoneAliases.ts',
  `${header}
/** Zones that have several names; the first is the one IANA uses today. */
export const ZONE_ALIASES: readonly string[] = [
${groups
  .filter((names) => names.length > 1)
  .map((names) => `  ${quoted(names.join(' '))},`)
  .join('\n')}
]
`,
)

import * as z from 'zod'
import type { ItemKind } from '../../items/index.ts'
import type { Node } from '../node.ts'
import { textOf } from '../node.ts'
import { field } from '../pieces.ts'
import { type Place, pathsOf, readPlace, writePlace } from './contactPlaces.ts'
import { type ExtendedValues, numbered } from './extended.ts'
import { type Property, plain } from './property.ts'

/** Texts that Outlook keeps of every item (MS-OXOMSG, MS-OXPROPS). */
const COMMON = {
  Mileage: { extended: numbered('Common', 0x8534, 'String') },
  Billing: { extended: numbered('Common', 0x8535, 'String') },
} satisfies Record<string, Place>

const CONTACT: Readonly<Record<string, Place>> = {
  ...COMMON,
  FileAs: { field: 'FileAs' },
  Initials: { field: 'Initials' },
  OfficeLocation: { field: 'OfficeLocation' },
  Profession: { field: 'Profession' },
  HomeFax: { phone: 'HomeFax' },
  OtherFax: { phone: 'OtherFax' },
  CarPhone: { phone: 'CarPhone' },
  PrimaryPhone: { phone: 'PrimaryPhone' },
  RadioPhone: { phone: 'RadioPhone' },
  Isdn: { phone: 'Isdn' },
  Telex: { phone: 'Telex' },
  TtyTddPhone: { phone: 'TtyTddPhone' },
  ImAddress1: { im: 'ImAddress1' },
  ImAddress2: { im: 'ImAddress2' },
  ImAddress3: { im: 'ImAddress3' },
  YomiCompany: { extended: numbered('Address', 0x802e, 'String') },
}
const PLACES: Readonly<Record<ItemKind, Readonly<Record<string, Place>>>> = {
  event: COMMON,
  contact: CONTACT,
  task: COMMON,
}
const ELEMENTS: Readonly<Record<ItemKind, readonly string[]>> = {
  event: ['calendar:UID', 'calendar:IsResponseRequested', 'calendar:AllowNewTimeProposal'],
  contact: [],
  task: ['task:ActualWork', 'task:TotalWork'],
}

const form = z.record(z.string().max(100), z.string().max(100_000))

/** The paths of what an item has beyond our fields and Exchange can tell (B-41). It lists no other: those are not kept. */
export function restPaths(kind: ItemKind) {
  return [...ELEMENTS[kind].map(field), ...pathsOf(Object.values(PLACES[kind]))]
}

/** See `ItemFrame.rest`; undefined where there is nothing. */
export function readRest(kind: ItemKind, item: Node, values: ExtendedValues): string | undefined {
  const places = Object.entries(PLACES[kind]).map(([name, place]) => [name, readPlace(place, item, values)] as const)
  const elements = ELEMENTS[kind].map((uri) => [uri, textOf(item, uri.split(':')[1] as string)] as const)
  const found = [...elements, ...places].filter(([, value]) => value !== undefined && value !== '')
  return found.length > 0 ? JSON.stringify(Object.fromEntries(found)) : undefined
}

/** What brings it back with an item that is made again. What we did not write ourselves is left alone. */
export function writeRest(kind: ItemKind, rest: string | undefined): Property[] {
  const read = form.safeParse(parsed(rest))
  if (!read.success) return []
  return Object.entries(read.data).flatMap(([name, value]) => {
    const place = PLACES[kind][name]
    if (place) return [writePlace(place, value)]
    return ELEMENTS[kind].includes(name) ? [plain(name, value)] : []
  })
}

function parsed(rest: string | undefined): unknown {
  try {
    return rest === undefined ? undefined : JSON.parse(rest)
  } catch {
    return undefined // Of another connector, say: the item comes back without it.
  }
}

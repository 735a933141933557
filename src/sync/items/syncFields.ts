import {
  FIELD_DIRECTIONS,
  type FieldDirections,
  fieldDirections,
  type Options,
  parseFieldDirections,
  SettingError,
} from '#options'
import type { Principal } from '#records'
import { allowedDirections, type DirectionSettings, directionOf } from './fields/directions.ts'
import { fieldPairs } from './fields/maps.ts'
import type { FieldPair } from './fields/pair.ts'
import { type Direction, ITEM_KINDS, type ItemTable } from './model.ts'

/** One line of the table *Synchronization Fields* (FD-2). */
export interface SyncField {
  table: ItemTable
  pair: string
  outlook: string
  record: string
  /** The columns behind it (FD-5). */
  columns: readonly string[]
  direction: Direction
  /** In the order of FD-3; one: it is fixed (FD-7). */
  allowed: readonly Direction[]
}

type Settings = Parameters<typeof fieldDirections>[0]

/** The synchronized fields of a table as they are now, for anybody to see (FD-4). */
export function syncFields(table: ItemTable, settings: Settings): SyncField[] {
  const stored = fieldDirections(settings)[table] ?? {}
  const about = aboutSettings(settings)
  return fieldPairs[table]
    .filter(({ hidden }) => !hidden)
    .map((pair) => ({
      table,
      pair: pair.name,
      outlook: pair.outlook,
      record: pair.record,
      columns: pair.columns,
      direction: directionOf(pair, stored, about),
      allowed: allowedDirections(pair, about),
    }))
}

/**
 * Gives a pair another direction, or the next one that it allows (FD-3). It counts from the next cycle of each mailbox on,
 * and is written to the audit trail with the settings of the organization (FD-6).
 * @throws SettingError for a pair that there is not, that is fixed (FD-7), or without the privilege (FD-4).
 */
export async function setSyncField(
  options: Options,
  principal: Principal,
  change: { table: ItemTable; pair: string; direction: Direction | 'next' },
): Promise<SyncField> {
  const settings = await options.organization()
  const field = syncFields(change.table, settings).find(({ pair }) => pair === change.pair)
  if (!field) throw unknown(change.table, change.pair)
  const direction = change.direction === 'next' ? nextOf(field) : change.direction
  if (!field.allowed.includes(direction)) throw fixed(field, direction)
  if (field.allowed.length === 1 && change.direction === 'next') throw fixed(field, direction)
  const all = fieldDirections(settings)
  const changed = { ...all, [change.table]: { ...all[change.table], [change.pair]: direction } }
  await options.setOrganization(principal, { [FIELD_DIRECTIONS]: JSON.stringify(changed) })
  return { ...field, direction }
}

/** Why a text cannot be the directions of synchronized fields; undefined: it can. */
export function checkFieldDirections(text: string): string | undefined {
  const given: FieldDirections | undefined = parseFieldDirections(text)
  if (!given) return 'takes field pairs by table, each with both, toRecord, toItem or none, as JSON.'
  for (const [table, pairs] of Object.entries(given)) {
    if (!isItemTable(table)) return `has no table ${JSON.stringify(table)}.`
    for (const [name, direction] of Object.entries(pairs)) {
      const pair = fieldPairs[table].find((one) => one.name === name && !one.hidden)
      if (!pair) return `has no field pair ${JSON.stringify(name)} of ${table}.`
      if (!pair.allowed.includes(direction)) return `cannot make ${pair.outlook} of ${table} ${SAID[direction]}.`
    }
  }
  return undefined
}

/** Directions as people say them. */
export const SAID: Readonly<Record<Direction, string>> = {
  both: 'two-way',
  toRecord: 'Outlook → CRM',
  toItem: 'CRM → Outlook',
  none: 'none',
}

export function isItemTable(name: string): name is ItemTable {
  return name in ITEM_KINDS
}

function aboutSettings(settings: Settings): DirectionSettings {
  return {
    appointmentAttachments: settings['IsAppointmentAttachmentSyncEnabled'] === true,
    allThreeAddresses: settings['IsContactMailingAddressSyncEnabled'] === false,
  }
}

function nextOf({ allowed, direction }: SyncField): Direction {
  return allowed[(allowed.indexOf(direction) + 1) % allowed.length] ?? direction
}

function unknown(table: ItemTable, pair: string): SettingError {
  const near = fieldPairs[table].filter(({ hidden }) => !hidden).map(({ name }: FieldPair) => name)
  const said = `There is no synchronized field "${pair}" of ${table}. There are ${near.join(', ')}.`
  return new SettingError('SettingUnknown', pair, said)
}

function fixed({ table, pair, outlook, direction, allowed }: SyncField, wanted: Direction): SettingError {
  const why =
    allowed.length === 1
      ? `is fixed: ${SAID[direction]}. It cannot be changed.`
      : `cannot be ${SAID[wanted]}. It can be ${allowed.map((one) => SAID[one]).join(', ')}.`
  return new SettingError('SettingNotAllowed', pair, `The synchronized field ${outlook} of ${table} ${why}`)
}

import type { FolderId, ItemCapabilities, ItemKind, ItemMarks } from '#mailbox'
import type { Reference } from '#records'
import type { Directions } from '../fields/directions.ts'
import { ITEM_KINDS, type ItemTable, type Link, type MapContext } from '../model.ts'

/**
 * What deciding about the items of one mailbox is a function of, besides the pairings themselves (B-31). All of it is known
 * before: nothing here asks a server or the database.
 */
export interface PlanContext extends Omit<MapContext, 'lacks'> {
  mailboxId: string
  /** Of an address, whether or not still enabled. */
  userOf: (address: string) => string | undefined
  organizationId: string
  /** The main folder of each kind, where new items go (AP-30, CT-1, TK-1); absent: there is none that can be written. */
  ownFolders: Readonly<Partial<Record<ItemKind, FolderId>>>
  /** Folders whose items cannot be written. */
  readOnlyFolders: ReadonlySet<FolderId>
  can: ItemCapabilities
  directions: Readonly<Record<ItemTable, TableDirections>>
  privileges: Privileges
  /** Ids of the users whose appointments are synchronized (AP-31). */
  synchronizingUsers: ReadonlySet<string>
  /** The category that tracks; absent: none does (T-94). */
  trackedCategory?: string
  /** Folders where it tracks appointments: the main calendar and what lies below it (AP-4). */
  categoryFolders: ReadonlySet<FolderId>
  /** Linked items of the mailbox, by kind (B-40). */
  linkedCounts: Readonly<Record<ItemKind, number>>
  /** The owner has seen what the first synchronization would do (B-42). */
  confirmed: boolean
  /** Deeds are counted and none is carried out (B-42): what each would write need not be known. */
  countsOnly?: true
  /** When; what was planned before invites nobody. */
  confirmedOn?: Date
  /** Answers to what was asked about a cycle as a whole. */
  answers: CycleAnswers
  /** What this cycle listed, by folder. Absent: the folder was not asked. */
  listings: ReadonlyMap<FolderId, FolderListing>
  /** Whether an address is one of the company's (B-43). */
  isInside(address: string): boolean
  /** A new id, for a record or a key; another one each time. */
  newId(): string
}

/** As the pairs of `effectiveDirections`, for what exists and for what is new (FD-8, SE-23). */
export interface TableDirections {
  update: Directions
  create: Directions
}

/** What the mailbox's user may do (SE-11…16). */
export interface Privileges {
  create(table: ItemTable): boolean
  write(table: ItemTable, id: string): boolean
  delete(table: ItemTable, id: string): boolean
  appendTo(reference: Reference): boolean
}

/** `upTo`: as many as were asked about; more are asked about again. `no`: what was asked about is not done. */
export interface CycleAnswers {
  deleteBrake?: CycleAnswer
  invitations?: CycleAnswer
}
type CycleAnswer = { upTo: number } | 'no'

/** `failed`: it could not be listed to its end. `empty`: listed from the beginning, and there was nothing (B-44). */
type FolderListing = 'listed' | 'empty' | 'failed'

/** The marks of an item that is linked (AP-8), those that the mail system keeps to the mailbox. */
export function marksOf(
  link: Pick<Link, 'table' | 'recordId'>,
  { organizationId, can }: Pick<PlanContext, 'organizationId' | 'can'>,
): Omit<ItemMarks, 'key'> {
  const all = { organization: organizationId, recordType: link.table, recordId: link.recordId, state: 'tracked' }
  const lacks = can.lacks[ITEM_KINDS[link.table]] ?? []
  return Object.fromEntries(Object.entries(all).filter(([name]) => !lacks.includes(name)))
}

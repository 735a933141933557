import type { ItemId } from '../port.ts'

/** A message's id names the UIDVALIDITY too, so that an id of an earlier folder can never hit another message. */
export function itemId(uidValidity: number, uid: number): ItemId {
  return `${uidValidity}.${uid}`
}

/** The UIDs of those ids that belong to a folder with this UIDVALIDITY. */
export function uidsOf(ids: readonly ItemId[], uidValidity: number): number[] {
  return ids.flatMap((id) => {
    const match = /^(\d{1,10})\.(\d{1,10})$/.exec(id)
    return match && Number(match[1]) === uidValidity ? [Number(match[2])] : []
  })
}

import { z } from 'zod'

/** Kinds of values that requests carry, each with its limit. */

/** Databases do not keep U+0000. */
const NO_NUL = /^[^\0]*$/

export const text = (max: number, min = 1) =>
  z.string().min(min).max(max).regex(NO_NUL, 'The character U+0000 is not possible here.')

export const id = z.guid().toLowerCase()

export const ids = (max: number) => z.array(id).min(1).max(max)

/** ISO 8601 with its offset. */
export const instant = z.iso.datetime({ offset: true })

/** A record: `{"@odata.id": "accounts(…)"}`, or its id column beside `"@odata.type": "Microsoft.Dynamics.CRM.account"`. */
export const reference = z.union([
  z.strictObject({ '@odata.id': text(500) }),
  z
    .object({ '@odata.type': text(200) })
    .catchall(id)
    .refine((given) => Object.keys(given).length === 2, 'A reference names its type and its id.'),
])

export type GivenReference = z.output<typeof reference>

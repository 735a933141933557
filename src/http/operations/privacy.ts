import { z } from 'zod'
import { erasePerson } from '#sync'
import { RequestError } from '../failure.ts'
import { id, instant, reference, text } from '../fields.ts'
import { operation } from './operation.ts'
import { readReference } from './references.ts'

export const privacyOperations = [
  operation({
    name: 'ErasePerson',
    kind: 'action',
    says: 'Removes or anonymises everything held about a person, by address or record; with Rehearse (the default) it tells only what it would do (B-82).',
    input: z.strictObject({
      Address: text(320).optional(),
      Target: reference.optional(),
      Rehearse: z.boolean().default(true),
    }),
    output: z.object({
      ReceiptId: id,
      At: instant,
      Rehearsal: z.boolean(),
      Lines: z.array(
        z.object({
          Place: z.string(),
          Did: z.enum(['removed', 'anonymised', 'kept']),
          Count: z.int(),
          Why: z.string().optional(),
        }),
      ),
    }),
    async run(call, { Address, Target, Rehearse }) {
      const whom = Target ? readReference(call, Target) : Address
      if (whom === undefined)
        throw new RequestError(400, 'ParameterInvalid', 'Name the person by Address or Target.', { target: 'Address' })
      const receipt = await erasePerson(call.regarding, call.principal, whom, { rehearse: Rehearse })
      return {
        ReceiptId: receipt.id,
        At: receipt.at.toISOString(),
        Rehearsal: receipt.rehearsal,
        Lines: receipt.lines.map(({ place, did, count, why }) => ({
          Place: place,
          Did: did,
          Count: count,
          ...(why === undefined ? {} : { Why: why }),
        })),
      }
    },
  }),
]

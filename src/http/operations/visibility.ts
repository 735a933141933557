import { z } from 'zod'
import { setVisibility } from '#sync'
import { id } from '../fields.ts'
import { operation } from './operation.ts'

const NAMES = { Everyone: 'everyone', Participants: 'participants', Metadata: 'metadata' } as const

export const visibilityOperations = [
  operation({
    name: 'SetVisibility',
    kind: 'action',
    says: 'How far an email, or its conversation, is seen by others than its participants (B-81).',
    input: z.strictObject({
      EmailId: id,
      Visibility: z.enum(['Everyone', 'Participants', 'Metadata']),
      Conversation: z.boolean().default(false),
    }),
    output: z.object({ Emails: z.int() }),
    async run({ regarding, principal }, { EmailId, Visibility, Conversation }) {
      const change = { emailId: EmailId, visibility: NAMES[Visibility], conversation: Conversation }
      return { Emails: await setVisibility(regarding, principal, change) }
    },
  }),
]

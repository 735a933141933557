import { RecordError, VISIBILITY } from '#records'
import { setVisibility } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'

export const visibilityCommand: RegardingCommand = {
  name: 'visibility',
  takes: '<email-id> <everyone|participants|metadata>',
  says: 'How far an email is seen by others than its participants: wholly, not at all, or without subject and body',
  positionals: [2, 2],
  flags: {
    thread: { type: 'boolean', says: 'The whole conversation, and later messages of it' },
    as: { type: 'string', value: 'user', says: 'As this user' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const [emailId, wanted] = positionals as [string, string]
    const visibility = (['everyone', 'participants', 'metadata'] as const).find((name) => name === wanted)
    if (!visibility)
      throw new RecordError('ValidationFailed', `“${wanted}” is none of ${Object.keys(VISIBILITY).join(', ')}.`)
    const who = flags['as']
      ? ({ kind: 'user', id: await findUser(regarding, String(flags['as'])) } as const)
      : principal
    const emails = await setVisibility(regarding, who, { emailId, visibility, conversation: flags['thread'] === true })
    output.result(`${emails} email${emails === 1 ? ' is' : 's are'} set to ${visibility}.`, { emails, visibility })
    return undefined
  },
}

import { answerInvitation } from '#sync'
import { UsageError } from '../command.ts'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'

const ANSWERS = ['accepted', 'tentative', 'declined'] as const

/** An answer is a person's own: who gives it is named, since the command line itself is nobody. */
export const reply: RegardingCommand = {
  name: 'items reply',
  takes: '<table:record> accepted|tentative|declined',
  says: 'Answer an invitation in a user’s calendar: a meeting, a series or an instance of one; its organizer is told once',
  positionals: [2, 2],
  flags: {
    user: { type: 'string', value: 'user', says: 'Who answers' },
    comment: { type: 'string', value: 'text', says: 'What is said with it' },
  },
  async run({ regarding, principal }, { positionals: [wanted = '', said = ''], flags }, output) {
    const answer = ANSWERS.find((one) => one === said)
    if (!answer) throw new UsageError(`Answer ${ANSWERS.join(', ')}.`, 'items reply')
    if (flags['user'] === undefined) throw new UsageError('--user says who answers.', 'items reply')
    const user = { kind: 'user', id: await findUser(regarding, String(flags['user'])) } as const
    const record = await findRecord(regarding, principal, wanted)
    const comment = flags['comment'] === undefined ? {} : { comment: String(flags['comment']) }
    await answerInvitation(regarding, user, { record, answer, ...comment })
    output.result('It is written into the calendar with the next synchronization, and the organizer is told.', {
      record,
      answer,
    })
    return undefined
  },
}

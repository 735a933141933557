import {
  attachFile,
  confirmSent,
  type Delivery,
  deliveryOf,
  draftAnswer,
  sendAgain,
  submitEmail,
  withdrawEmail,
} from '#outgoing'
import { PARTICIPATION, type Principal, RecordError, type Reference, SYSTEM } from '#records'
import type { Regarding } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'

const AS = {
  as: { type: 'string', value: 'user', says: 'As this user; as the owner of the email without it' },
} as const

const write: RegardingCommand = {
  name: 'email write',
  takes: '<user>',
  says: 'Write a draft; the body comes from --body, a file or standard input (-)',
  positionals: [1, 1],
  flags: {
    to: { type: 'string', value: 'table:record|address', says: 'To whom', multiple: true },
    cc: { type: 'string', value: 'table:record|address', says: 'Copy to', multiple: true },
    bcc: { type: 'string', value: 'table:record|address', says: 'Blind copy to', multiple: true },
    subject: { type: 'string', value: 'text', says: 'The subject' },
    body: { type: 'string', value: 'file', says: 'The body, plain text or HTML', reads: true },
    regarding: { type: 'string', value: 'table:record', says: 'What it regards' },
    queue: { type: 'string', value: 'queue', says: 'From this queue' },
    send: { type: 'boolean', says: 'Send it at once' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    const who: Principal = { kind: 'user', id: user }
    const from = flags['queue']
      ? await findRecord(regarding, principal, `queue:${String(flags['queue'])}`)
      : { table: 'systemuser', id: user }
    const about = flags['regarding'] ? await findRecord(regarding, who, String(flags['regarding'])) : undefined
    const access = regarding.records.as(who)
    const id = await access.create('email', {
      subject: String(flags['subject'] ?? ''),
      description: String(flags['body'] ?? ''),
      ...(about ? { regardingobjectid: about } : {}),
    })
    const parties = [
      party(PARTICIPATION.sender, from),
      ...(await partiesOf(regarding, who, PARTICIPATION.to, flags['to'])),
      ...(await partiesOf(regarding, who, PARTICIPATION.cc, flags['cc'])),
      ...(await partiesOf(regarding, who, PARTICIPATION.bcc, flags['bcc'])),
    ]
    await access.createMany(
      'activityparty',
      parties.map((each) => ({ ...each, activityid: { table: 'email', id } })),
    )
    if (flags['send'] !== true) {
      output.result(`Draft ${id}.`, { emailId: id })
      return undefined
    }
    const { subject } = await submitEmail(regarding, who, id)
    output.result(`Sent on its way: ${subject} (${id}).`, { emailId: id, subject })
    return undefined
  },
}

function party(participationtypemask: number, who: Reference | string) {
  return typeof who === 'string'
    ? { participationtypemask, unresolvedpartyname: who, addressused: who }
    : { participationtypemask, partyid: who }
}

/** A record as `table:name`, or an address: of the one contact, lead, account, user or queue that holds it, else as it is. */
async function partiesOf(regarding: Regarding, who: Principal, role: number, given: unknown) {
  const wanted = Array.isArray(given) ? given.map(String) : []
  const found = await regarding.records.as(who).resolveAddresses(wanted.filter((each) => each.includes('@')))
  return Promise.all(
    wanted.map(async (each) => {
      if (!each.includes('@')) return party(role, await findRecord(regarding, who, each))
      const [match, another] = found.get(each) ?? []
      return match && !another
        ? { ...party(role, { table: match.table, id: match.id }), addressused: each }
        : party(role, each)
    }),
  )
}

const send: RegardingCommand = {
  name: 'email send',
  takes: '<email-id>',
  says: 'Send a draft, or an email that failed',
  positionals: [1, 1],
  flags: {
    ...AS,
    attach: { type: 'string', value: 'file', says: 'Add this text file first', reads: true },
    name: { type: 'string', value: 'name', says: 'With --attach: the name of the file' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const id = positionals[0] as string
    const who = await actingAs(regarding, principal, id, flags['as'])
    if (flags['attach'] !== undefined)
      await attachFile(regarding, who, id, {
        fileName: String(flags['name'] ?? 'attachment.txt'),
        content: Buffer.from(String(flags['attach'])),
      })
    const { subject } = await submitEmail(regarding, who, id)
    output.result(`Sent on its way: ${subject}`, { emailId: id, subject })
    return undefined
  },
}

/** A command that does one thing to one email. */
const deed = (
  name: string,
  says: string,
  said: string,
  work: (regarding: Regarding, who: Principal, id: string) => Promise<void>,
): RegardingCommand => ({
  name: `email ${name}`,
  takes: '<email-id>',
  says,
  positionals: [1, 1],
  flags: AS,
  async run({ regarding, principal }, { positionals, flags }, output) {
    const id = positionals[0] as string
    await work(regarding, await actingAs(regarding, principal, id, flags['as']), id)
    output.result(said, { emailId: id })
    return undefined
  },
})

const withdraw = deed(
  'withdraw',
  'Take an email that waits to be sent back to Draft',
  'It is a draft again.',
  withdrawEmail,
)
const again = deed(
  'send-again',
  'Of an email that was perhaps sent: it was not; send it again',
  'It is sent again, under the same Message-ID.',
  sendAgain,
)
const confirm = deed('was-sent', 'Of an email that was perhaps sent: it was', 'It counts as sent.', confirmSent)

const answerCommand = (name: string, kind: 'reply' | 'replyAll' | 'forward', says: string): RegardingCommand => ({
  name: `email ${name}`,
  takes: '<email-id>',
  says,
  positionals: [1, 1],
  flags: { as: { type: 'string', value: 'user', says: 'Who answers; the owner of the email without it' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const id = positionals[0] as string
    const who = await actingAs(regarding, principal, id, flags['as'])
    const emailId = await draftAnswer(regarding, who, id, kind)
    output.result(`Draft ${emailId}.`, { emailId })
    return undefined
  },
})

const status: RegardingCommand = {
  name: 'email status',
  takes: '[email-id]',
  says: 'Where an email stands on its way out, and why; without one, all that wait, failed or are uncertain',
  positionals: [0, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const ids = positionals[0] ? [positionals[0]] : await underWay(regarding, principal)
    const found: Delivery[] = []
    for (const id of ids) found.push(await deliveryOf(regarding, principal, id))
    const one = positionals[0] ? found[0] : undefined
    output.result(one ? describe(one) : table(HEAD, found.map(line)) || 'Nothing waits.', one ?? found)
    return undefined
  },
}

const HEAD = ['Email', 'Mailbox', 'Where it stands', 'Attempts', 'Not before']

function line(of: Delivery): (string | number)[] {
  return [of.emailId, of.mailbox ?? '', of.title, of.attempts, of.notBefore?.toISOString() ?? '']
}

function describe(of: Delivery): string {
  return [
    `${of.title}. ${of.cause}`,
    `  ${of.toDo}`,
    ...(of.mailbox ? [`  Mailbox: ${of.mailbox}`] : []),
    ...(of.attempts ? [`  Attempts: ${of.attempts}, the last at ${of.lastAttempt?.toISOString() ?? ''}`] : []),
    ...(of.notBefore ? [`  Not before ${of.notBefore.toISOString()}`] : []),
  ].join('\n')
}

/** Pending Send, Sending, Failed, Delivery Uncertain. */
const UNDER_WAY = [6, 7, 8, 9]

async function underWay(regarding: Regarding, principal: Principal): Promise<string[]> {
  const page = await regarding.records.as(principal).query({
    table: 'email',
    columns: ['activityid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'statuscode', operator: 'in', values: UNDER_WAY }],
    },
    order: [{ column: 'submittedon' }],
    top: 200,
  })
  return page.rows.map((row) => String(row['activityid']))
}

/** Whoever may open the installation acts for the owner of the email, with that person's rights. */
async function actingAs(regarding: Regarding, principal: Principal, id: string, wanted: unknown): Promise<Principal> {
  if (typeof wanted === 'string') return { kind: 'user', id: await findUser(regarding, wanted) }
  if (principal.kind === 'user') return principal
  const email = await regarding.records.as(SYSTEM).retrieve('email', id, ['ownerid'])
  if (!email) throw new RecordError('NotFound', `There is no Email ${id}.`, { table: 'email' })
  return email['ownerid_table'] === 'systemuser' ? { kind: 'user', id: String(email['ownerid']) } : principal
}

export const emailCommands = [
  write,
  send,
  withdraw,
  status,
  again,
  confirm,
  answerCommand('reply', 'reply', 'Make the draft of a reply, with the original quoted'),
  answerCommand('reply-all', 'replyAll', 'Make the draft of a reply to everybody'),
  answerCommand('forward', 'forward', 'Make the draft of a forward, attachments included'),
]

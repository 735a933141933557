import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  explainItems,
  fieldOfConflict,
  fieldsOfCopy,
  type ItemDecision,
  inWords,
  nameOfCopy,
  openConflicts,
  openQuestions,
  restorable,
} from '#items'
import { codeEntry } from '#mailboxes'
import { namesOfRecords, type Principal, RecordError, type Row } from '#records'
import { answerItemQuestion, type Regarding, resolveItemConflict, restoreItem, whyNotEnabled } from '#sync'
import { type Failure, failureOf, RequestError } from '../failure.ts'
import { acceptForms } from '../forms.ts'
import { ownMailboxes } from '../ownMailboxes.ts'
import { safeTimeZone } from '../timeZone.ts'
import { sendPage } from './html.ts'
import { type ItemsPage, itemsPage, type MailboxPart } from './itemsPage.ts'
import { visitor } from './visitor.ts'

const MOST = 50

const id = z.guid()
const answered = z.object({ id, answer: z.enum(['yes', 'no']) })
const settled = z.object({ id, take: z.enum(['record', 'item']) })
const restored = z.object({ id, overwrite: z.literal('yes').optional() })

const DONE: Readonly<Record<string, string>> = {
  answered: 'Noted. It is carried out with the next synchronization, within moments.',
  settled: 'Settled. The value you chose stands; where it changes the mailbox, that follows within moments.',
  restored: 'Restored. Nobody was told.',
}

/** The tray of a person: what synchronization asks, what both sides had changed, what failed, what can be brought back. */
export function itemRoutes(app: FastifyInstance, regarding: Regarding): void {
  acceptForms(app)
  app.get('/items', async (request, reply) => {
    const caller = await visitor(regarding, request)
    if (!caller) return reply.redirect('/signin', 303)
    const done = DONE[String((request.query as Record<string, unknown>)['done'])]
    return show(regarding, caller.userId, reply, done === undefined ? {} : { done })
  })
  const act = <S extends z.ZodType>(
    path: string,
    schema: S,
    carryOut: (principal: Principal, given: z.output<S>) => Promise<keyof typeof DONE | { done: string }>,
  ) =>
    app.post(path, async (request, reply) => {
      const caller = await visitor(regarding, request)
      if (!caller) return reply.redirect('/signin', 303)
      const principal = { kind: 'user', id: caller.userId } as const
      try {
        const said = await carryOut(principal, given(schema, request))
        if (typeof said === 'string') return await reply.redirect(`/items?done=${said}`, 303)
        return await show(regarding, caller.userId, reply, said)
      } catch (error) {
        return show(regarding, caller.userId, reply, refusal(error, request, reply))
      }
    })
  act('/items/answer', answered, async (principal, { id: question, answer }) => {
    await answerItemQuestion(regarding, principal, question, answer === 'yes')
    return 'answered'
  })
  act('/items/resolve', settled, async (principal, { id: conflict, take }) => {
    await resolveItemConflict(regarding, principal, conflict, take)
    return 'settled'
  })
  act('/items/restore', restored, async (principal, { id: copy, overwrite }) => {
    const { left } = await restoreItem(regarding, principal, copy, { overwrite: overwrite === 'yes' })
    if (!left.length) return 'restored'
    return { done: `${DONE['restored']} Without these files, which could not be brought back: ${left.join('; ')}` }
  })
}

function given<S extends z.ZodType>(schema: S, { body }: FastifyRequest): z.output<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new RequestError(400, 'ParameterInvalid', 'This form is not complete. Load the page again.')
}

/** What the person can do something about is said on the page. */
function refusal(error: unknown, { body }: FastifyRequest, reply: FastifyReply): Required<Pick<ItemsPage, 'problem'>> {
  const failure: Failure | undefined = failureOf(error)
  if (!failure) throw error
  reply.code(failure.status)
  const wish = restored.safeParse(body)
  const isChanged = error instanceof RecordError && error.code === 'VersionMismatch' && wish.success
  return { problem: { text: failure.message, ...(isChanged && { allTheSame: wish.data.id }) } }
}

async function show(
  regarding: Regarding,
  userId: string,
  reply: FastifyReply,
  said: Pick<ItemsPage, 'done' | 'problem'>,
): Promise<FastifyReply> {
  const principal = { kind: 'user', id: userId } as const
  const options = (await regarding.options.personal([userId])).get(userId)
  const timeZone = safeTimeZone(options?.['TimeZone'])
  const rows = await ownMailboxes(regarding.records.as(principal))
  const mailboxes: MailboxPart[] = []
  for (const row of rows) mailboxes.push(await partOf(regarding, principal, row, timeZone))
  return sendPage(reply, itemsPage({ mailboxes, ...said }))
}

async function partOf(regarding: Regarding, principal: Principal, row: Row, timeZone: string): Promise<MailboxPart> {
  const mailboxId = String(row['mailboxid'])
  const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const when = (date: Date): string => time.format(date)
  const questions = await openQuestions(regarding, principal, mailboxId)
  const conflicts = (await openConflicts(regarding, principal, mailboxId)).slice(0, MOST)
  const failures = await explainItems(regarding, principal, {
    mailboxIds: [mailboxId],
    outcomes: ['failed'],
    top: MOST,
  })
  const copies = await restorable(regarding, principal, mailboxId)
  const names = await namesOfRecords(regarding.records, principal, [
    ...conflicts.map(({ table, recordId }) => ({ table, id: recordId })),
    ...failures.flatMap(({ record }) => record ?? []),
  ])
  const label = (table: string): string => regarding.records.catalogue.table(table).label
  return {
    name: String(row['name']),
    facts: await factsOf(regarding, mailboxId, when),
    questions: questions.map((one) => ({
      id: one.id,
      text: one.text,
      asked: when(one.askedOn),
      confirmsOnly: one.kind === 'firstSync',
    })),
    conflicts: conflicts.map((one) => ({
      id: one.id,
      record: `${label(one.table)} “${names.get(one.recordId) ?? one.recordId}”`,
      field: fieldOfConflict(one),
      inRecord: inWords(one.record, timeZone),
      inItem: inWords(one.item, timeZone),
      stands: one.winner,
    })),
    failures: failures.map((one) => ({
      name: nameOfFailed(one, names),
      text: one.text ?? 'It failed.',
      remedy: codeEntry(one.code ?? '').remedy,
      on: when(one.decidedOn),
    })),
    copies: copies.slice(0, MOST).map((one) => {
      const fields = fieldsOfCopy(one)
      return {
        id: one.id,
        name: nameOfCopy(one),
        kind: label(one.record?.table ?? KINDS[one.kind]),
        was: fields.length ? `${one.deed}: ${fields.join(', ')}` : one.deed,
        side: one.side === 'record' ? 'In the CRM' : 'In the mailbox',
        on: when(one.madeOn),
      }
    }),
    more: copies.length - MOST,
  }
}

const KINDS = { event: 'appointment', contact: 'contact', task: 'task' } as const

function nameOfFailed({ record, subject, item, about }: ItemDecision, names: ReadonlyMap<string, string>): string {
  return (record && names.get(record.id)) ?? subject ?? item?.id ?? about
}

async function factsOf(
  regarding: Regarding,
  mailboxId: string,
  when: (date: Date) => string,
): Promise<MailboxPart['facts']> {
  const act = (await regarding.schedule.statusOf(mailboxId)).find(({ workload }) => workload === 'act')
  if (!act?.enabled)
    return [
      ['Synchronization', 'Off'],
      ['Why', act?.lastError?.text ?? (await whyNotEnabled(regarding, mailboxId, 'act'))],
    ]
  return [
    ['Synchronization', 'On'],
    ['Last success', act.lastSuccess && when(act.lastSuccess)],
    ['Next visit', act.running ? 'Now' : act.nextDue && when(act.nextDue)],
    ['Problem', act.lastError?.count ? act.lastError.text : undefined],
  ]
}

import type { FastifyInstance, FastifyReply } from 'fastify'
import { explain } from '#incoming'
import { openConflicts, openQuestions } from '#items'
import type { Row } from '#records'
import type { Regarding } from '#sync'
import type { Caller } from '../caller.ts'
import { ownMailboxes } from '../ownMailboxes.ts'
import { safeTimeZone } from '../timeZone.ts'
import { sendPage } from './html.ts'
import { itemRoutes } from './itemRoutes.ts'
import { signInPage } from './signInPage.ts'
import { type StartPage, startPage } from './startPage.ts'
import { STYLE } from './style.ts'
import { visitor } from './visitor.ts'

const DECISIONS = 50

/** The few pages that work without the web app, and without script. */
export function pageRoutes(app: FastifyInstance, regarding: Regarding): void {
  app.get('/assets/style.css', (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').type('text/css; charset=utf-8').send(STYLE),
  )
  app.get('/signin', (_request, reply) => sendPage(reply, signInPage(undefined, app.oidc !== undefined)))
  app.get('/', async (request, reply) => {
    const caller = await visitor(regarding, request)
    return caller ? showStart(regarding, caller, reply) : reply.redirect('/signin', 303)
  })
  itemRoutes(app, regarding)
}

async function showStart(regarding: Regarding, { userId }: Caller, reply: FastifyReply): Promise<FastifyReply> {
  const principal = { kind: 'user', id: userId } as const
  const access = regarding.records.as(principal)
  const user = await access.retrieve('systemuser', userId, ['fullname'])
  const options = (await regarding.options.personal([userId])).get(userId)
  const rows = await ownMailboxes(access)
  const mailboxes = await Promise.all(
    rows.map(async (row) => ({
      row,
      labels: labelsOf(regarding, row),
      status: await regarding.schedule.statusOf(String(row['mailboxid'])),
    })),
  )
  const decisions: StartPage['decisions'] = (
    await Promise.all(
      rows.map((row) => explain(regarding, principal, { mailboxId: String(row['mailboxid']), top: DECISIONS })),
    )
  )
    .flat()
    .sort((a, b) => b.decidedOn.getTime() - a.decidedOn.getTime())
    .slice(0, DECISIONS)
  const timeZone = safeTimeZone(options?.['TimeZone'])
  const waiting = {
    questions: (await openQuestions(regarding, principal)).length,
    conflicts: (await openConflicts(regarding, principal)).length,
  }
  const name = String(user?.['fullname'] ?? 'you')
  return sendPage(reply, startPage({ user: name, timeZone, mailboxes, decisions, waiting }))
}

/** The names of a mailbox's choices. */
function labelsOf({ records }: Regarding, row: Row): Record<string, string> {
  const { columns } = records.catalogue.table('mailbox')
  return Object.fromEntries(
    columns
      .filter(({ type }) => type === 'choice')
      .map(({ name, options }) => [name, options?.[Number(row[name])] ?? 'Not known']),
  )
}

import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import {
  addressOf,
  clearDemo,
  type DemoResult,
  databaseDirectory,
  highlights,
  idOf,
  itemsReport,
  outcomesByMailbox,
  prepareDemo,
  refusedGroups,
  runDemo,
  trackedExamples,
  USERS,
  written,
} from '#demo'
import { setPassword } from '#http'
import { openRegarding, type Regarding } from '#sync'
import { systemClock } from '#time'
import { type Command, EXIT, type Output } from '../command.ts'
import { portOf } from '../target.ts'
import { table } from '../terminal.ts'
import { describe } from './explain.ts'
import { serve } from './serve.ts'

/** Tracked messages shown. */
const SHOWN = 12

export const demoCommand: Command<undefined> = {
  name: 'demo',
  says: 'A sample company with four mailboxes: synchronize them, see what was decided and why, then serve',
  flags: {
    once: { type: 'boolean', says: 'End after the results instead of serving' },
    directory: { type: 'string', value: 'directory', says: 'Where the demo keeps its files (./data/demo)' },
    keep: { type: 'boolean', says: 'Go on with what an earlier demo left there instead of beginning anew' },
    port: { type: 'string', short: 'p', value: 'port', says: 'Port of the web server (8080)' },
  },
  details:
    'Needs nothing but this program: no mail server, no database server. Three of the mailboxes are of an Exchange of its\nown on this machine, read through Microsoft Graph and EWS; the fourth is a Maildir. The JSON form counts\ndecisions: each message in each mailbox has one. The exit code is 1 when a message failed.',
  async run(_, { flags }, output, signal) {
    const directory = resolve(String(flags['directory'] ?? 'data/demo'))
    const port = portOf(process.env, flags['port'] === undefined ? undefined : String(flags['port']))
    if (flags['keep'] !== true) await clearDemo(directory)
    output.say('Writing the mailboxes …')
    const exchange = await prepareDemo(directory, systemClock)
    const regarding = await openRegarding({ directory: databaseDirectory(directory) }).catch(async (error: unknown) => {
      await exchange.close()
      throw error
    })
    try {
      const result = await runDemo(regarding, directory, exchange, (stage, done, total) => {
        signal.throwIfAborted()
        output.progress(stage, done, total)
      })
      output.result(await report(regarding, result, directory), result)
      if (flags['once'] !== true) await goOn(regarding, directory, port, output, signal)
      return result.failed ? EXIT.failed : EXIT.ok
    } finally {
      await regarding.close()
      await exchange.close()
    }
  },
}

/** Serves the installation, where everybody of the company signs in with a password made for this run. */
async function goOn(
  regarding: Regarding,
  directory: string,
  port: number,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const password = randomBytes(9).toString('base64url')
  const people = USERS.filter((user) => !user.disabled)
  for (const user of people) await setPassword(regarding, idOf(`systemuser/${user.key}`), password)
  output.say(`Sign in as ${people.map((user) => addressOf(user.key)).join(', ')}; the password of all is ${password}`)
  const options = { role: 'all', port, host: '127.0.0.1', concurrency: 4 } as const
  await serve(regarding, { ...options, output, signal, directory: databaseDirectory(directory) })
}

async function report(regarding: Regarding, result: DemoResult, directory: string): Promise<string> {
  return [
    ...heading('What became of the mail, by mailbox'),
    await mailboxTable(regarding),
    ...heading('What was tracked against what'),
    await trackedTable(regarding),
    ...heading('What was not tracked, and why'),
    await refusedTable(regarding),
    ...(await letterSent(regarding)),
    ...(await items(regarding)),
    ...heading('Two decisions in full'),
    ...(await highlights(regarding)).flatMap(({ about, explanation }) => [about, '', describe(explanation), '']),
    `${result.messages} decisions in ${result.seconds.toFixed(1)} seconds, ${result.failed} failed. Ask for any of them:`,
    `  REGARDING_DATA_DIR=${databaseDirectory(directory)} npx regarding explain "<Message-ID>"`,
  ].join('\n')
}

const heading = (text: string): string[] => ['', text, '']

async function mailboxTable(regarding: Regarding): Promise<string> {
  const rows = await outcomesByMailbox(regarding)
  const outcomes = ['tracked', 'linked', 'notTracked', 'suggested', 'failed'] as const
  return table(
    ['Mailbox', 'Through', 'Tracked', 'Linked', 'Not tracked', 'Suggested', 'Failed'],
    rows.map((row) => [row.address, row.profile, ...outcomes.map((outcome) => row.outcomes[outcome] ?? 0)]),
  )
}

async function trackedTable(regarding: Regarding): Promise<string> {
  const rows = await trackedExamples(regarding, SHOWN)
  return table(
    ['Subject', 'From', 'Regarding', 'Why'],
    rows.map((row) => [short(row.subject, 44), short(row.from, 34), short(row.regarding, 46), row.rule]),
  )
}

async function refusedTable(regarding: Regarding): Promise<string> {
  const rows = await refusedGroups(regarding)
  return table(
    ['Count', 'Reason', 'In words', 'For example'],
    rows.map((row) => [
      row.count,
      row.reason,
      row.title,
      row.example ? short(row.example, 44) : '(no subject is kept)',
    ]),
  )
}

async function letterSent(regarding: Regarding): Promise<string[]> {
  const letter = await written(regarding)
  if (!letter) return []
  const { subject, status, answer } = letter
  return [
    ...heading('Written in the CRM, and sent'),
    `Mira answered a customer in the CRM: “${subject}”. Her mailbox ${status === 'sent' ? 'sent it once, through Microsoft Graph' : 'has not sent it yet'}.`,
    ...(answer
      ? [
          `${answer.from} wrote back (“${answer.subject}”): tracked against the same opportunity, since it answers that email.`,
        ]
      : []),
  ]
}

async function items(regarding: Regarding): Promise<string[]> {
  const report = await itemsReport(regarding)
  if (!report) return []
  const rows = report.decisions.map((one) => [
    short(one.subject ?? '', 40),
    one.kind ?? '',
    one.outcome,
    short(one.trace.at(-1)?.finding ?? '', 80),
  ])
  const tray = report.conflicts.map((one) => [
    one.record,
    one.field,
    one.inCrm,
    one.inOutlook,
    one.taken === 'record' ? 'the CRM’s' : 'Outlook’s',
  ])
  return [
    ...heading('Mira’s calendar, contacts and tasks'),
    `Before anything was written: ${report.first}`,
    'She confirmed. What became of each:',
    '',
    table(['Item', 'Kind', 'Outcome', 'Why'], rows),
    ...report.questions.flatMap((question) => ['', `She is asked: ${question}`]),
    ...(tray.length
      ? [
          ...heading('Changed on both sides: the conflict tray'),
          table(['Record', 'Field', 'In the CRM', 'In Outlook', 'Taken'], tray),
        ]
      : []),
  ]
}

function short(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

import { RecordError } from '#records'
import { type LoggedCycle, mailboxLog } from '#sync'
import type { RegardingCommand } from '../context.ts'

const DEFAULT_CYCLES = 5

const log: RegardingCommand = {
  name: 'mailbox log',
  takes: '<mailbox>',
  says: 'What the latest cycles of a mailbox did in detail, the newest last; logged while its verbosity is above 0',
  positionals: [1, 1],
  flags: { top: { type: 'string', value: 'n', says: `So many cycles (${DEFAULT_CYCLES})` } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const top = numberWithin(String(flags['top'] ?? DEFAULT_CYCLES), '--top', 1, 200)
    const cycles = await mailboxLog(regarding, principal, String(row['mailboxid']), top)
    const text = [...cycles].reverse().map(show).join('\n\n')
    output.result(text || nothing(Number(row['verboselogging'] ?? 0), positionals[0] as string), cycles)
    return undefined
  },
}

function nothing(verbosity: number, address: string): string {
  return verbosity > 0
    ? 'Nothing was logged yet; it is from the next cycle on.'
    : `Nothing is logged. Start it with: regarding mailbox verbosity ${address} 50`
}

function show({ workload, startedOn, worker, lines }: LoggedCycle): string {
  const said = lines.map(({ at, took, text, error }) => {
    const when = `${String(at).padStart(7)} ms`
    const during = took === undefined ? ''.padStart(10) : `${String(took).padStart(7)} ms`
    return `${when} ${during}  ${text}${error ? `  FAILED: ${error}` : ''}`
  })
  return [`${startedOn.toISOString()}  ${workload}, by ${worker}`, ...said].join('\n')
}

const verbosity: RegardingCommand = {
  name: 'mailbox verbosity',
  takes: '<mailbox> <0–100>',
  says: 'How much the cycles of a mailbox log: 0 nothing, 1 how they went, 25 each call to the server, 75 ids of items',
  positionals: [2, 2],
  async run({ regarding, principal }, { positionals }, output) {
    const [address, given] = positionals as [string, string]
    const level = numberWithin(given, 'The verbosity', 0, 100)
    const row = await regarding.mailboxes.find(principal, address)
    await regarding.mailboxes.update(principal, String(row['mailboxid']), { verboselogging: level })
    output.result(
      level ? `Cycles are logged; read them with: regarding mailbox log ${address}` : 'Cycles are no longer logged.',
      { mailboxId: row['mailboxid'], verboselogging: level },
    )
    return undefined
  },
}

/** @throws RecordError `ValidationFailed` naming what is wanted */
function numberWithin(given: string, name: string, from: number, to: number): number {
  const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
  if (number >= from && number <= to) return number
  throw new RecordError('ValidationFailed', `${name} is a whole number from ${from} to ${to}, not “${given}”.`)
}

export const logCommands = [log, verbosity]

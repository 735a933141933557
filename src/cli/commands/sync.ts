import { latencyOf, type Tally } from '#incoming'
import type { ItemsOutcome } from '#items'
import type { Row } from '#records'
import type { WorkloadStatus } from '#schedule'
import { syncItems, syncMailbox, syncNow, whyNotEnabled } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { table } from '../terminal.ts'

const sync: RegardingCommand = {
  name: 'sync',
  takes: '<mailbox>',
  says: 'Synchronize a mailbox now, until nothing is left; with --watch, go on as changes come',
  positionals: [1, 1],
  flags: {
    watch: { type: 'boolean', short: 'w', says: 'Stay and synchronize whenever the server announces a change' },
  },
  async run({ regarding, principal }, { positionals, flags }, output, signal) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const mailboxId = String(row['mailboxid'])
    const address = String(row['emailaddress'] ?? positionals[0])
    const enabled = async (workload: 'incoming' | 'act') =>
      (await regarding.schedule.statusOf(mailboxId)).some((one) => one.workload === workload && one.enabled)
    const once = async () => {
      const hasItems = await enabled('act')
      if (hasItems && !(await enabled('incoming'))) {
        const items = await syncItems(regarding, mailboxId, { signal })
        output.result(itemSummary(address, items), { items })
        return items
      }
      const sum = await syncMailbox(regarding, mailboxId, {
        signal,
        onProgress: (tally, folder) =>
          output.progress(`${tally.seen} read, ${tally.tracked} tracked  ${folder}`, tally.seen, 0),
      })
      if (!hasItems) {
        output.result(summary(address, sum), sum)
        return sum
      }
      const items = await syncItems(regarding, mailboxId, { signal })
      output.result(`${summary(address, sum)}\n\n${itemSummary(address, items)}`, { ...sum, items })
      return { ...sum, failed: sum.failed + items.failed }
    }
    const sum = await once()
    if (flags['watch'] === true) await watch(regarding, mailboxId, once, (line) => output.say(line), signal)
    return sum.failed ? 1 : 0
  },
}

function summary(address: string, sum: Tally): string {
  const reasons = Object.entries(sum.byReason).sort((a, b) => b[1] - a[1])
  return [
    `${address}: ${sum.seen} messages read, ${sum.tracked} tracked, ${sum.linked} already known, ${sum.notTracked + sum.suggested} not tracked, ${sum.untracked} untracked, ${sum.failed} failed`,
    ...(reasons.length ? ['', table(['Reason', 'Messages'], reasons)] : []),
  ].join('\n')
}

function itemSummary(address: string, of: ItemsOutcome): string {
  const mailbox = `${of.createdItems} made, ${of.updatedItems} changed, ${of.removedItems} deleted in the mailbox`
  const records = `${of.createdRecords} made, ${of.updatedRecords} changed, ${of.deletedRecords} deleted in the CRM`
  const hints = [
    ...(of.asked ? [`What is asked: regarding items questions ${address}`] : []),
    ...(of.failed ? [`What failed: regarding items failures ${address}`] : []),
  ]
  const all = `${address}: items ${mailbox}; ${records}; ${of.linked} linked, ${of.asked} questions, ${of.failed} failed`
  return [all, ...hints].join('\n')
}

/** B-10: hints make it look; every 5 minutes it looks anyway. */
async function watch(
  regarding: Parameters<RegardingCommand['run']>[0]['regarding'],
  mailboxId: string,
  once: () => Promise<unknown>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const setup = (await regarding.mailboxes.setups([mailboxId])).get(mailboxId)
  if (!setup) return
  const mailbox = await regarding.connect(setup)
  try {
    const inbox = (await mailbox.folders()).filter((folder) => folder.use === 'inbox').map((folder) => folder.id)
    let wake: (() => void) | undefined
    const hinted = () => wake?.()
    const watching = mailbox.can.push ? await mailbox.watch(inbox, hinted, hinted) : undefined
    say(
      mailbox.can.push
        ? 'Waiting for changes; stop with Ctrl-C.'
        : 'The server announces no changes; looking every 5 minutes. Stop with Ctrl-C.',
    )
    try {
      while (!signal.aborted) {
        const hint = new Promise<void>((resolve) => {
          wake = resolve
        })
        await Promise.race([hint, regarding.clock.sleep(5 * 60_000, signal)]).catch(ignoreAbort(signal))
        if (!signal.aborted) await once()
      }
    } finally {
      await watching?.close()
    }
  } finally {
    await mailbox.close()
  }
}

/** Being told to stop is how watching ends; everything else is an error. */
function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error
  }
}

const now: RegardingCommand = {
  name: 'sync now',
  takes: '<mailbox>',
  says: 'Put a mailbox at the front of the workers’ queue',
  positionals: [1, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    await syncNow(regarding, principal, String(row['mailboxid']))
    output.result(`${String(row['emailaddress'])} is next.`, { mailboxId: row['mailboxid'] })
    return undefined
  },
}

const status: RegardingCommand = {
  name: 'status',
  takes: '<mailbox>',
  says: 'What the schedule knows of a mailbox: next due, last success, errors, durations',
  positionals: [1, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const mailboxId = String(row['mailboxid'])
    const workloads = await regarding.schedule.statusOf(mailboxId)
    const latency = await latencyOf(regarding.database.sql, mailboxId, regarding.clock.now())
    const arrival = latency
      ? `Arrival to tracked record, last 24 hours: half within ${seconds(latency.p50)}, 95 % within ${seconds(latency.p95)} (${latency.messages} messages)`
      : 'No message arrived and was tracked in the last 24 hours.'
    const told: string[] = []
    for (const workload of workloads) {
      const isStill = !workload.enabled && (workload.stoppedBy ?? 'person') === 'person'
      const why = isStill ? await whyNotEnabled(regarding, mailboxId, workload.workload) : undefined
      told.push(describe(workload, row, why))
    }
    output.result(
      workloads.length
        ? [...told, arrival].join('\n\n')
        : [
            `This mailbox takes no part in the schedule. ${await whyNotEnabled(regarding, mailboxId)}`,
            ...refusalsOf(row),
          ].join('\n'),
      { workloads, latency: latency ?? null },
    )
    return undefined
  },
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

const TESTED: Readonly<Record<string, string>> = { incoming: 'incomingemail', outgoing: 'outgoingemail', act: 'act' }
/** Why it was not enabled when it was last tested. */
const refusalsOf = (mailbox: Row): string[] =>
  Object.entries(TESTED).flatMap(([workload, column]) => {
    const text = mailbox[`${column}lasterror`]
    return typeof text === 'string' && text !== '' ? [`${workload}: ${text}`] : []
  })

const STOPPED_BY = {
  error: 'an error stopped it: mend it, then run Test & Enable (regarding mailbox test)',
  done: 'nothing is left to do',
}

/** @param why it stands still, where no error stopped it and it is not done */
function describe(workload: WorkloadStatus, mailbox: Row, why: string | undefined): string {
  const { lastError, stoppedBy } = workload
  const tested = mailbox[`${TESTED[workload.workload]}lasterror`]
  const error = lastError ? `${lastError.code}: ${lastError.text}` : workload.enabled ? undefined : tested
  const lines: [string, string][] = [
    [
      'State',
      workload.enabled
        ? workload.running
          ? 'running'
          : 'waiting'
        : `stopped: ${why ?? STOPPED_BY[stoppedBy === 'error' ? 'error' : 'done']}`,
    ],
    ['Next due', workload.nextDue?.toISOString() ?? '–'],
    ['Last success', workload.lastSuccess?.toISOString() ?? 'never'],
    ['Last cycle', `${workload.processed} processed, ${workload.failed} failed`],
    ['Duration', `last ${workload.lastDuration ?? 0} ms, average ${Math.round(workload.averageDuration ?? 0)} ms`],
    ['Empty cycles', String(workload.emptyCycles)],
    ['Transient failures', String(workload.transientFailures)],
    ['Last error', error ? String(error) : '–'],
  ]
  return [workload.workload, ...lines.map(([name, value]) => `  ${name.padEnd(20)} ${value}`)].join('\n')
}

export const syncCommands = [now, sync, status]

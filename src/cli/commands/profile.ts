import { RecordError } from '#records'
import { applyDefaults, testConnection } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { table } from '../terminal.ts'

const SERVERS = ['Exchange Online', 'Exchange Server', 'POP3/SMTP', 'IMAP/SMTP', 'Maildir', 'mbox']

const list: RegardingCommand = {
  name: 'profile list',
  says: 'Server profiles, and how their last Test Connection went',
  async run({ regarding, principal }, _, output) {
    const { rows } = await regarding.records
      .as(principal)
      .query({ table: 'emailserverprofile', order: [{ column: 'name' }] })
    const lines = rows.map((row) => [
      String(row['name']),
      SERVERS[Number(row['servertype'])] ?? '',
      String(row['incomingserverlocation'] ?? ''),
      row['isdefault'] === true ? 'default' : '',
      ['failure', 'success', 'warning'][Number(row['lasttestexecutionstatus'] ?? 3)] ?? 'not tested',
    ])
    output.result(table(['Name', 'Server', 'Location', 'New mailboxes', 'Last test'], lines), rows)
    return undefined
  },
}

const test: RegardingCommand = {
  name: 'profile test',
  takes: '<profile>',
  says: 'Test Connection: can the server be reached, and does it take the credentials',
  positionals: [1, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const { rows } = await regarding.records.as(principal).query({
      table: 'emailserverprofile',
      columns: ['emailserverprofileid'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'name', operator: 'eq', values: [positionals[0] as string] }],
      },
      top: 1,
    })
    const id = rows[0]?.['emailserverprofileid']
    if (typeof id !== 'string')
      throw new RecordError('NotFound', `There is no server profile “${positionals[0]}”; see regarding profile list.`, {
        table: 'emailserverprofile',
      })
    const outcome = await testConnection(regarding, principal, id)
    output.result(`${outcome.status}: ${outcome.request}. ${outcome.response} (${outcome.milliseconds} ms)`, outcome)
    return outcome.status === 'failure' ? 1 : undefined
  },
}

const defaults: RegardingCommand = {
  name: 'mailbox defaults',
  takes: '<mailbox>…',
  says: 'Apply Default Email Settings: the default profile and methods, then Test & Enable',
  positionals: [1, 1000],
  flags: { 'no-test': { type: 'boolean', says: 'Do not test afterwards' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const rows = await Promise.all(positionals.map((wanted) => regarding.mailboxes.find(principal, wanted)))
    const ids = rows.map((row) => String(row['mailboxid']))
    const results = await applyDefaults(regarding, principal, ids, { test: flags['no-test'] !== true })
    const lines = [...results.values()]
      .flat()
      .map((result) => [result.direction, result.status, result.status === 'failure' ? result.text : ''])
    output.result(
      lines.length ? table(['Direction', 'Result', 'What to do'], lines) : `Applied to ${ids.length}.`,
      Object.fromEntries(results),
    )
    return lines.some((line) => line[1] === 'failure') ? 1 : undefined
  },
}

export const profileCommands = [list, test, defaults]

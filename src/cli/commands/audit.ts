import { RecordError } from '#records'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'

const show: RegardingCommand = {
  name: 'audit show',
  takes: '<table:record>',
  says: 'Who changed a record, when, what, and on whose behalf',
  positionals: [1, 1],
  flags: {
    as: { type: 'string', value: 'user', says: 'As this user may see it' },
    top: { type: 'string', value: 'n', says: 'At most n changes (50)' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = flags['as']
      ? ({ kind: 'user', id: await findUser(regarding, String(flags['as'])) } as const)
      : principal
    const wanted = positionals[0] as string
    // A record that was deleted is still found by its id.
    const [name = '', id = ''] = wanted.split(':')
    const record = /^[0-9a-f-]{36}$/i.test(id) ? { table: name, id } : await findRecord(regarding, who, wanted)
    const { details } = await regarding.records.audit.history(who, record, { top: Number(flags['top'] ?? 50) })
    const lines = details.flatMap((each) => {
      const start = [
        each.at.toISOString(),
        each.userId,
        ['', 'created', 'changed', 'deleted', 'accessed'][each.operation] ?? '',
      ]
      if (each.changes.length === 0) return [[...start, each.columns.join(', '), '', '']]
      return each.changes.map(({ logicalName, oldValue, newValue }) => [
        ...start,
        logicalName,
        short(oldValue),
        short(newValue),
      ])
    })
    output.result(
      lines.length ? table(['Time', 'User', 'What', 'Column', 'Before', 'After'], lines) : 'Nothing is noted.',
      details,
    )
    return undefined
  },
}

const short = (value: string | number | boolean | null): string =>
  value === null ? '' : String(value).replaceAll(/\s+/g, ' ').slice(0, 40)

const set: RegardingCommand = {
  name: 'audit set',
  takes: '<on|off|default> [table[.column]]',
  says: 'Switch the audit trail on or off: of everything, a table or a column',
  positionals: [1, 2],
  async run({ regarding, principal }, { positionals }, output) {
    const [state = '', of] = positionals
    if (!['on', 'off', 'default'].includes(state))
      throw new RecordError('ValidationFailed', `Auditing is set to on, off or default, not to “${state}”.`)
    const [name, column] = of?.split('.') ?? []
    await regarding.records.audit.set(principal, {
      enabled: state === 'default' ? undefined : state === 'on',
      ...(name === undefined ? {} : { table: name }),
      ...(column === undefined ? {} : { column }),
    })
    output.result(`Auditing of ${of ?? 'everything'} is ${state}; everywhere within seconds.`, {
      of: of ?? null,
      state,
    })
    return undefined
  },
}

const list: RegardingCommand = {
  name: 'audit list',
  says: 'What is audited',
  async run({ regarding }, _, output) {
    const settings = await regarding.records.audit.settings()
    const lines = settings.map(({ table: name, people, system, off }) => [
      name,
      people.length > 0 ? 'people' : '',
      system ? 'engine' : '',
      off.join(', '),
    ])
    output.result(table(['Table', 'By', 'And by', 'Columns switched off'], lines), settings)
    return undefined
  },
}

export const auditCommands = [show, set, list]

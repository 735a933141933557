import { type Direction, type ItemTable, isItemTable, SAID, setSyncField, syncFields } from '#items'
import { UsageError } from '../command.ts'
import type { RegardingCommand } from '../context.ts'
import { table } from '../terminal.ts'

const DIRECTIONS: readonly (Direction | 'next')[] = ['both', 'toRecord', 'toItem', 'none', 'next']

const fields: RegardingCommand = {
  name: 'options fields',
  takes: '<table>',
  says: 'Synchronized fields of a table: what Outlook and the CRM call them, and the direction of each',
  positionals: [1, 1],
  async run({ regarding }, { positionals }, output) {
    const all = syncFields(tableNamed(positionals[0] as string), await regarding.options.organization())
    const lines = all.map(({ pair, outlook, direction, record, allowed }) => [
      pair,
      outlook,
      SAID[direction],
      record,
      allowed.length === 1 ? 'fixed' : '',
    ])
    output.result(table(['Pair', 'Outlook', 'Direction', 'CRM', ''], lines), all)
    return undefined
  },
}

const direct: RegardingCommand = {
  name: 'options direct',
  takes: '<table> <pair> <direction>',
  says: 'Give a synchronized field another direction: both, toRecord, toItem, none, or next',
  positionals: [3, 3],
  async run({ regarding, principal }, { positionals }, output) {
    const [name, pair, wanted] = positionals as [string, string, string]
    const direction = DIRECTIONS.find((one) => one === wanted)
    if (!direction) throw new UsageError(`The direction is one of ${DIRECTIONS.join(', ')}, not "${wanted}".`)
    const field = await setSyncField(regarding.options, principal, { table: tableNamed(name), pair, direction })
    output.result(`${field.outlook} is ${SAID[field.direction]} now; it counts from the next cycle on.`, field)
    return undefined
  },
}

function tableNamed(name: string): ItemTable {
  if (isItemTable(name)) return name
  throw new UsageError(`"${name}" is no table that is synchronized with mailboxes. Try contact, task or appointment.`)
}

export const syncFieldCommands = [fields, direct]

import { erasePerson, type Receipt } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { findRecord } from '../find.ts'
import { table } from '../terminal.ts'

export const eraseCommand: RegardingCommand = {
  name: 'erase',
  takes: '<address|table:record>',
  says: 'Remove or anonymise everything held about a person; shows what it would do until --yes is given',
  details: 'The receipt names the person by a hash only. Mail servers and backups keep their own copies.',
  positionals: [1, 1],
  flags: { yes: { type: 'boolean', says: 'Do it; nothing brings it back' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const wanted = positionals[0] as string
    const whom = wanted.includes(':') ? await findRecord(regarding, principal, wanted) : wanted
    const receipt = await erasePerson(regarding, principal, whom, { rehearse: flags['yes'] !== true })
    output.result(textOf(receipt), receipt)
    return undefined
  },
}

function textOf(receipt: Receipt): string {
  const lines = receipt.lines.map(({ place, did, count, why }) => [place, did, count, why ?? ''])
  const list = lines.length > 0 ? table(['Where', 'What', 'Count', ''], lines) : 'Nothing is held about this person.'
  if (receipt.rehearsal && lines.length === 0) return list
  return receipt.rehearsal
    ? `${list}\n\nNothing was changed. Type it again with --yes to do this.`
    : `Receipt ${receipt.id}, ${receipt.at.toISOString()}\n${list}`
}

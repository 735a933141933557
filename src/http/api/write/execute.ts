import type { Reference, Values, WriteOptions } from '#records'
import type { Call } from '../call.ts'
import { change, changeMany, changesOf, remove } from './change.ts'
import type { Command } from './command.ts'
import { create } from './create.ts'
import { existing, referenceTo } from './pointers.ts'
import { point, tie, untie } from './ties.ts'
import type { Work } from './work.ts'

/** What a command did. */
export interface Done {
  /** The row that was written. */
  row?: Reference
  created?: boolean
  /** What an action answers with. */
  output?: object
  /** Ids of the rows that a bulk action created. */
  ids?: readonly string[]
}

/** Does what a command says, within the transaction that `work` and `call` belong to. */
export async function execute(work: Work, call: Call, command: Command, options: WriteOptions): Promise<Done> {
  // Whatever is no creation sees the rows that were created before it.
  if (command.kind !== 'create' && command.kind !== 'bulk') await work.flush()
  switch (command.kind) {
    case 'create':
      return { row: await create(work, call, command.draft, options), created: true }
    case 'bulk':
      return bulk(work, call, command, options)
    case 'change':
      return change(work, call, command, options)
    case 'delete':
      await remove(call, command.at, command.condition)
      return {}
    case 'point':
      await point(call, command)
      return {}
    case 'tie':
      await tie(call, await existing(call, command.at), command.relation, await referenceTo(call, command.to))
      return {}
    case 'untie':
      await untie(call, await existing(call, command.at), command.relation, command.to)
      return {}
    case 'act': {
      const row = command.at && (await existing(call, command.at))
      return { output: await command.operation.run(call, command.input, row) }
    }
  }
}

type BulkCommand = Command & { kind: 'bulk' }

async function bulk(work: Work, call: Call, command: BulkCommand, options: WriteOptions): Promise<Done> {
  const ids: string[] = []
  if (command.verb === 'UpdateMultiple') await updateMany(work, call, command, options)
  else
    for (const { draft, at } of command.drafts) {
      if (!at) ids.push((await create(work, call, draft, options)).id)
      else {
        await work.flush()
        await change(work, call, { at, draft, condition: {} }, options)
      }
    }
  return { ids }
}

/** As few statements as the rows have sets of columns. */
async function updateMany(work: Work, call: Call, { drafts }: BulkCommand, options: WriteOptions): Promise<void> {
  await work.flush()
  const rows: Values[] = []
  const beside: (() => Promise<void>)[] = []
  for (const { draft, at } of drafts) {
    if (!at) continue
    const row = await referenceTo(call, at)
    rows.push({ ...(await changesOf(work, call, row.id, draft)), [at.table.id]: row.id })
    if (draft.after.length + draft.ties.length > 0) beside.push(() => changeMany(work, call, row, draft, options))
  }
  const [first] = drafts
  if (first) await call.access.updateMany(first.draft.table.name, rows, options)
  for (const each of beside) await each()
}

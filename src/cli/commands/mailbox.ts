import { RecordError } from '#records'
import { testMailboxes } from '#sync'
import type { Arguments, Flag } from '../command.ts'
import type { Context, RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'
import { connectMailbox } from './connect.ts'
import { CONNECTION } from './connectionFlags.ts'

const connect: RegardingCommand = {
  name: 'mailbox connect',
  takes: '<address>',
  says: 'Set the server and credentials of a mailbox; without a server, what else is named changes',
  positionals: [1, 1],
  flags: CONNECTION,
  async run(context, given, output) {
    const { id, profile, isNew } = await connectMailbox(context, given)
    const address = given.positionals[0] as string
    const next = isNew ? `regarding mailbox approve ${address}, then regarding` : 'regarding'
    output.result(
      `The mailbox ${address} is ${isNew ? 'connected' : 'changed'}. Next: ${next} mailbox test ${address}`,
      { id, profile },
    )
    return undefined
  },
}

const add: RegardingCommand = {
  name: 'mailbox add',
  takes: '<address>',
  says: 'Add a user or queue with its mailbox, connect and approve it, and run Test & Enable',
  positionals: [1, 1],
  flags: {
    name: { type: 'string', value: 'name', says: 'Name of the person or queue' },
    queue: { type: 'boolean', says: 'The mailbox belongs to a queue' },
    for: { type: 'string', value: 'user', says: 'A further mailbox of this user' },
    ...CONNECTION,
  },
  async run(context, given, output) {
    const { regarding, principal } = context
    const address = given.positionals[0] as string
    const name = String(given.flags['name'] ?? address.split('@')[0])
    const { peopleCommands } = await import('./people.ts')
    const command = peopleCommands[given.flags['queue'] === true ? 1 : 0] as RegardingCommand
    const silent = { result: () => undefined, say: () => undefined, progress: () => undefined }
    if (!(await exists(context, address))) {
      if (given.flags['for']) {
        const user = await findUser(regarding, String(given.flags['for']))
        await regarding.mailboxes.createFurther(principal, user, name, address)
      } else
        await command.run(context, { positionals: [name, address], flags: {} }, silent, new AbortController().signal)
    }
    const { id } = await connectMailbox(context, given)
    await regarding.mailboxes.approve(principal, [id])
    return test(context, [id], output)
  },
}

async function exists({ regarding, principal }: Context, address: string): Promise<boolean> {
  try {
    await regarding.mailboxes.find(principal, address)
    return true
  } catch (error) {
    if (error instanceof RecordError && error.code === 'NotFound') return false
    throw error
  }
}

async function test(
  { regarding, principal }: Context,
  ids: readonly string[],
  output: Parameters<RegardingCommand['run']>[2],
  takeOver = false,
): Promise<number> {
  const results = await testMailboxes(regarding, principal, ids, {
    onProgress: (done, total) => output.progress('Testing', done, total),
    takeOver,
  })
  const names = await regarding.mailboxes.setups(ids)
  const lines = [...results].flatMap(([id, directions]) =>
    directions.map((result) => [
      names.get(id)?.address ?? id,
      result.direction,
      result.status,
      result.status === 'failure' || result.main ? result.text : '',
    ]),
  )
  output.result(table(['Mailbox', 'Direction', 'Result', 'Note'], lines), Object.fromEntries(results))
  return lines.some((line) => line[2] === 'failure') ? 1 : 0
}

async function idsOf({ regarding, principal }: Context, given: Arguments): Promise<string[]> {
  if (given.flags['all'] === true) {
    const { rows } = await regarding.records.as(principal).query({ table: 'mailbox', columns: ['mailboxid'] })
    return rows.map((row) => String(row['mailboxid']))
  }
  const rows = await Promise.all(given.positionals.map((wanted) => regarding.mailboxes.find(principal, wanted)))
  return rows.map((row) => String(row['mailboxid']))
}

const ALL: Readonly<Record<string, Flag>> = { all: { type: 'boolean', says: 'All mailboxes' } }

const testCommand: RegardingCommand = {
  name: 'mailbox test',
  takes: '<mailbox>…',
  says: 'Test & Enable',
  positionals: [0, 1000],
  flags: {
    ...ALL,
    'take-over': {
      type: 'boolean',
      says: 'Synchronize items from this organization only, even if another one did',
    },
  },
  run: async (context, given, output) =>
    test(context, await idsOf(context, given), output, given.flags['take-over'] === true),
}

function verdict(name: 'approve' | 'reject'): RegardingCommand {
  return {
    name: `mailbox ${name}`,
    takes: '<mailbox>…',
    says: name === 'approve' ? 'Approve email addresses' : 'Reject email addresses',
    positionals: [0, 1000],
    flags: ALL,
    async run(context, given, output) {
      const ids = await idsOf(context, given)
      await context.regarding.mailboxes[name](context.principal, ids)
      output.result(`${name === 'approve' ? 'Approved' : 'Rejected'}: ${ids.length}`, { ids })
      return undefined
    },
  }
}

const list: RegardingCommand = {
  name: 'mailbox list',
  says: 'Mailboxes, whether they are enabled, and when they were last synchronized',
  async run({ regarding, principal }, _, output) {
    const { rows } = await regarding.records.as(principal).query({ table: 'mailbox', order: [{ column: 'name' }] })
    const statuses = await Promise.all(rows.map((row) => regarding.schedule.statusOf(String(row['mailboxid']))))
    const lines = rows.map((row, index) => {
      const incoming = statuses[index]?.find((status) => status.workload === 'incoming')
      return [
        String(row['name']),
        String(row['emailaddress'] ?? ''),
        ['empty', 'approved', 'pending', 'rejected'][Number(row['emailrouteraccessapproval'])] ?? '',
        row['enabledforincomingemail'] === true ? 'enabled' : 'off',
        incoming?.lastSuccess?.toISOString() ?? 'never',
        incoming?.lastError?.text ?? String(row['incomingemaillasterror'] ?? ''),
      ]
    })
    output.result(table(['Name', 'Address', 'Approval', 'Incoming', 'Last success', 'Last error'], lines), rows)
    return undefined
  },
}

const folders: RegardingCommand = {
  name: 'mailbox folders',
  takes: '<mailbox>',
  says: 'Folders of a mailbox, and what each is mapped to',
  positionals: [1, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const setup = (await regarding.mailboxes.setups([String(row['mailboxid'])])).get(String(row['mailboxid']))
    if (!setup) throw new RecordError('NotFound', `There is no mailbox ${positionals[0]}.`)
    const mailbox = await regarding.connect(setup)
    try {
      const listed = await mailbox.folders()
      const mappings = await regarding.records.as(principal).query({
        table: 'mailboxtrackingfolder',
        filter: {
          kind: 'filter',
          type: 'and',
          items: [{ kind: 'condition', column: 'mailboxid', operator: 'eq', values: [setup.id] }],
        },
      })
      const lines = listed.map((folder) => {
        const mapping = mappings.rows.find((item) => item['exchangefolderid'] === folder.id)
        const regards = mapping?.['regardingobjectid']
          ? `${String(mapping['regardingobjectid_table'])}:${String(mapping['regardingobjectid'])}`
          : 'tracked'
        return [folder.path.join('/'), folder.use ?? '', mapping ? regards : '']
      })
      output.result(table(['Folder', 'Use', 'Mapped to'], lines), { folders: listed, mappings: mappings.rows })
    } finally {
      await mailbox.close()
    }
    return undefined
  },
}

const map: RegardingCommand = {
  name: 'mailbox map',
  takes: '<mailbox> <folder>',
  says: 'Track every message of a folder, optionally against a record',
  positionals: [2, 2],
  flags: {
    regarding: { type: 'string', value: 'table:record', says: 'What the messages regard, e.g. account:Contoso' },
    remove: { type: 'boolean', says: 'Remove the mapping' },
    'always-reapply': { type: 'boolean', says: 'Overwrite a regarding that a person chose' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const mailboxId = String(row['mailboxid'])
    const folderPath = positionals[1] as string
    const { removeMapping, saveMapping } = await import('#sync')
    if (flags['remove'] === true) {
      await removeMapping(regarding, principal, mailboxId, folderPath)
      output.result(`The folder ${folderPath} is no longer mapped.`, { removed: folderPath })
      return undefined
    }
    const record = flags['regarding'] ? await findRecord(regarding, principal, String(flags['regarding'])) : undefined
    const id = await saveMapping(regarding, principal, {
      mailboxId,
      folderPath,
      alwaysReapply: flags['always-reapply'] === true,
      ...(record ? { regarding: record } : {}),
    })
    output.result(
      `Messages in ${folderPath} are tracked${record ? ` against ${String(flags['regarding'])}` : ''} from the next cycle on.`,
      { id },
    )
    return undefined
  },
}

export const mailboxCommands = [add, connect, verdict('approve'), verdict('reject'), testCommand, list, folders, map]

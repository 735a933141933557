import { type Principal, RecordError, SYSTEM, type Values } from '#records'
import { type Regarding, testMailboxes } from '#sync'
import type { Arguments, Flag } from '../command.ts'
import type { Context, RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'
import { CONNECTION } from './connectionFlags.ts'
import { EXCHANGE_SERVER_KEY, exchangeServer } from './exchangeServer.ts'

const SECURITY: Readonly<Record<string, number>> = { none: 0, tls: 1, starttls: 2 }

/** Sets how a mailbox is reached: its profile, made when there is none for the server yet, and its credentials. */
async function connectMailbox(
  { regarding, principal }: Context,
  { positionals, flags }: Arguments,
): Promise<{ id: string; profile: string }> {
  const row = await regarding.mailboxes.find(principal, positionals[0] as string)
  const id = String(row['mailboxid'])
  const given = flags['password-file'] ? String(flags['password-file']).replace(/\r?\n$/, '') : undefined
  const profile = await profileFor(regarding, principal, flags, given)
  // The password of a service account lies with the profile.
  const password = flags['service-account'] ? undefined : given
  await regarding.mailboxes.update(principal, id, {
    emailserverprofile: { table: 'emailserverprofile', id: profile },
    incomingemaildeliverymethod: 2,
    outgoingemaildeliverymethod: flags['smtp'] || flags['exchange-online'] || flags['exchange-server'] ? 2 : 0,
    ...((flags['caldav'] || flags['items']) && Number(row['kind']) === 0 ? { actdeliverymethod: 1 } : {}),
    processemailreceivedafter: flags['after']
      ? dateOf(String(flags['after']))
      : (row['processemailreceivedafter'] ?? regarding.clock.now()),
    ...(flags['address-book'] === undefined ? {} : { mainaddressbook: String(flags['address-book']).trim() || null }),
    ...(flags['user'] ? { username: String(flags['user']) } : {}),
    ...(flags['refresh-token-file'] ? { oauthrefreshtoken: String(flags['refresh-token-file']).trim() } : {}),
    ...(password === undefined ? {} : { password, allowemailconnectortousecredentials: true }),
  })
  return { id, profile }
}

async function profileFor(
  regarding: Regarding,
  principal: Principal,
  flags: Arguments['flags'],
  password: string | undefined,
): Promise<string> {
  const values = flags['exchange-server'] ? exchangeServer(flags, password) : profileValues(flags)
  const { rows } = await regarding.records.as(SYSTEM).query({
    table: 'emailserverprofile',
    filter: {
      kind: 'filter',
      type: 'and',
      items: keyOf(values).map((column) => ({
        kind: 'condition' as const,
        column,
        ...(values[column] === null
          ? { operator: 'null' as const, values: [] }
          : { operator: 'eq' as const, values: [values[column] as string | number] }),
      })),
    },
    top: 1,
  })
  const existing = rows[0]?.['emailserverprofileid']
  if (typeof existing !== 'string') return regarding.mailboxes.createProfile(principal, values)
  await regarding.mailboxes.updateProfile(principal, existing, values)
  return existing
}

function keyOf(values: Values): readonly string[] {
  if (values['servertype'] === 0) return ONLINE_KEY
  return values['servertype'] === 1 ? EXCHANGE_SERVER_KEY : SERVER_KEY
}

/** By what a profile is known as the one that is meant. */
const SERVER_KEY = ['servertype', 'incomingserverlocation']
const ONLINE_KEY = [...SERVER_KEY, 'exchangeonlinetenantid', 'oauthclientid']

const CLOUDS: Readonly<Record<string, number>> = { global: 0, usgov: 1, usgovdod: 2, china: 3 }

function exchangeOnline(flags: Arguments['flags']): Values {
  const tenant = String(flags['exchange-online'])
  const cloud = CLOUDS[String(flags['cloud'] ?? 'global')]
  if (cloud === undefined) throw new RecordError('ValidationFailed', '--cloud is global, usgov, usgovdod or china.')
  if (!flags['client-id']) throw new RecordError('ValidationFailed', 'Exchange Online needs --client-id.')
  const secret = flags['client-secret-file']
  return {
    name: `Exchange Online ${tenant}`.slice(0, 100),
    servertype: 0,
    authenticateusing: 2,
    exchangeonlinetenantid: tenant,
    exchangeonlinecloud: cloud,
    oauthclientid: String(flags['client-id']),
    incomingserverlocation: flags['graph-url'] ? String(flags['graph-url']) : null,
    oauthloginlocation: flags['login-url'] ? String(flags['login-url']) : null,
    ...(secret ? { oauthclientsecret: String(secret).replace(/\r?\n$/, '') } : {}),
  }
}

function profileValues(flags: Arguments['flags']): Values {
  if (flags['maildir'])
    return {
      name: `Maildir ${String(flags['maildir'])}`.slice(0, 100),
      servertype: 4,
      incomingserverlocation: String(flags['maildir']),
    }
  if (flags['mbox'])
    return {
      name: `mbox ${String(flags['mbox'])}`.slice(0, 100),
      servertype: 5,
      incomingserverlocation: String(flags['mbox']),
    }
  if (flags['exchange-online']) return exchangeOnline(flags)
  if (!flags['imap'])
    throw new RecordError(
      'ValidationFailed',
      'Name the server: --imap host, --exchange-online tenant, --exchange-server url, --maildir path or --mbox path.',
    )
  const security = SECURITY[String(flags['security'] ?? 'tls')]
  if (security === undefined) throw new RecordError('ValidationFailed', '--security is tls, starttls or none.')
  const imap = hostAndPort(String(flags['imap']))
  const smtp = flags['smtp'] ? hostAndPort(String(flags['smtp'])) : undefined
  return {
    name: `IMAP ${imap.host}`.slice(0, 100),
    servertype: 3,
    incomingserverlocation: imap.host,
    incomingportnumber: imap.port ?? null,
    incomingsecurity: security,
    outgoingserverlocation: smtp?.host ?? null,
    outgoingportnumber: smtp?.port ?? null,
    outgoingsecurity: security,
    ...(flags['caldav'] ? { calendarserverlocation: String(flags['caldav']) } : {}),
    ...(flags['carddav'] ? { contactserverlocation: String(flags['carddav']) } : {}),
    ...(flags['ca'] ? { trustedauthority: String(flags['ca']) } : {}),
  }
}

function hostAndPort(text: string): { host: string; port?: number } {
  const match = /^(.+?)(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? text
  return match?.[2] ? { host, port: Number(match[2]) } : { host }
}

function dateOf(text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime()))
    throw new RecordError('ValidationFailed', `“${text}” is not a date; write e.g. 2026-01-31.`)
  return date
}

const connect: RegardingCommand = {
  name: 'mailbox connect',
  takes: '<address>',
  says: 'Set the server and credentials of a mailbox',
  positionals: [1, 1],
  flags: CONNECTION,
  async run(context, given, output) {
    const { id, profile } = await connectMailbox(context, given)
    const address = given.positionals[0] as string
    output.result(
      `The mailbox ${address} is connected. Next: regarding mailbox approve ${address}, then regarding mailbox test ${address}`,
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

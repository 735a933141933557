import { createToken, setPassword } from '#http'
import { RecordError, ROLES, ROOT_BUSINESS_UNIT, SYSTEM, SYSTEM_USER } from '#records'
import type { RegardingCommand } from '../context.ts'
import { findUser } from '../find.ts'
import { table } from '../terminal.ts'

const ROLE_NAMES: Readonly<Record<string, string>> = {
  administrator: ROLES.systemAdministrator,
  customizer: ROLES.systemCustomizer,
  salesperson: ROLES.salesperson,
  'sales-manager': ROLES.salesManager,
  service: ROLES.customerServiceRepresentative,
}

const userAdd: RegardingCommand = {
  name: 'user add',
  takes: '<full name> <address>',
  says: 'Add a user; the mailbox record comes with it',
  positionals: [2, 2],
  flags: {
    role: { type: 'string', value: 'role', says: `One of ${Object.keys(ROLE_NAMES).join(', ')} (salesperson)` },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const [name, address] = positionals as [string, string]
    const role = ROLE_NAMES[String(flags['role'] ?? 'salesperson')]
    if (!role)
      throw new RecordError(
        'ValidationFailed',
        `There is no role “${String(flags['role'])}”; choose one of ${Object.keys(ROLE_NAMES).join(', ')}.`,
      )
    const words = name.trim().split(/\s+/)
    const access = regarding.records.as(principal)
    const id = await access.create('systemuser', {
      firstname: words.slice(0, -1).join(' ') || null,
      lastname: words.at(-1) ?? name,
      internalemailaddress: address,
      domainname: address,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
    await access.create('systemuserroles', {
      systemuserid: { table: 'systemuser', id },
      roleid: { table: 'role', id: role },
    })
    output.result(`Added ${name} (${address}). Next: regarding mailbox connect ${address}`, { id, name, address })
    return undefined
  },
}

const queueAdd: RegardingCommand = {
  name: 'queue add',
  takes: '<name> <address>',
  says: 'Add a queue; the mailbox record comes with it',
  positionals: [2, 2],
  flags: { owner: { type: 'string', value: 'user', says: 'The user who owns the queue' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const [name, address] = positionals as [string, string]
    const owner = flags['owner'] ? await findUser(regarding, String(flags['owner'])) : undefined
    const id = await regarding.records.as(principal).create('queue', {
      name,
      emailaddress: address,
      ...(owner ? { ownerid: { table: 'systemuser', id: owner } } : {}),
    })
    output.result(`Added the queue ${name} (${address}). Next: regarding mailbox connect ${address}`, {
      id,
      name,
      address,
    })
    return undefined
  },
}

const userList: RegardingCommand = {
  name: 'user list',
  says: 'Users with their addresses',
  async run({ regarding, principal }, _, output) {
    const { rows } = await regarding.records.as(principal).query({
      table: 'systemuser',
      columns: ['systemuserid', 'fullname', 'internalemailaddress', 'isdisabled'],
      filter: {
        kind: 'filter',
        type: 'and',
        items: [{ kind: 'condition', column: 'systemuserid', operator: 'ne', values: [SYSTEM_USER] }],
      },
      order: [{ column: 'fullname' }],
    })
    const lines = rows.map((row) => [
      String(row['fullname'] ?? ''),
      String(row['internalemailaddress'] ?? ''),
      row['isdisabled'] === true ? 'disabled' : '',
    ])
    output.result(table(['Name', 'Address', 'State'], lines), rows)
    return undefined
  },
}

const password: RegardingCommand = {
  name: 'user password',
  takes: '<user>',
  says: 'Set the password with which a user signs in to the web pages; read from a file or standard input',
  positionals: [1, 1],
  flags: {
    file: { type: 'string', reads: true, value: 'file', says: 'File that holds the password; - reads standard input' },
  },
  async run({ regarding }, { positionals, flags }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    if (flags['file'] === undefined)
      throw new RecordError('ValidationFailed', 'Give the password by --file; - reads standard input.')
    await setPassword(regarding, user, String(flags['file']).replace(/\r?\n$/, ''))
    output.result('The password is set; sessions of the user have ended.', { user })
    return undefined
  },
}

const mailAdministrator: RegardingCommand = {
  name: 'user mail-administrator',
  takes: '<user>',
  says: 'Say that a user administers the mail tenant, and so may approve mailboxes of Exchange Online',
  positionals: [1, 1],
  flags: { revoke: { type: 'boolean', says: 'Say that the user does so no more' } },
  async run({ regarding }, { positionals, flags }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    const mailtenantadministrator = flags['revoke'] !== true
    await regarding.records.as(SYSTEM).update('systemuser', user, { mailtenantadministrator })
    output.result(mailtenantadministrator ? 'The user may approve.' : 'The user may approve no more.', {
      user,
      mailtenantadministrator,
    })
    return undefined
  },
}

const DAY = 24 * 60 * 60_000

const token: RegardingCommand = {
  name: 'token create',
  takes: '<user> <name>',
  says: 'Make a personal access token for the Web API; it is shown once',
  positionals: [2, 2],
  flags: { days: { type: 'string', value: 'n', says: 'Days until it expires (90)' } },
  async run({ regarding }, { positionals, flags }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    const expires = new Date(regarding.clock.now().getTime() + Number(flags['days'] ?? 90) * DAY)
    const { id, secret } = await createToken(regarding, user, positionals[1] ?? '', expires)
    output.result(secret, { id, secret, expires })
    return undefined
  },
}

export const peopleCommands = [userAdd, queueAdd, userList, password, mailAdministrator, token]

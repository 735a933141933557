import { addBlockRule, alwaysTrack, alwaysTracked, blockRulesFor, removeBlockRule, resolveParty } from '#incoming'
import { type Principal, RecordError, SYSTEM_USER } from '#records'
import { setRegarding, trackMessage, untrack } from '#sync'
import type { RegardingCommand } from '../context.ts'
import { findRecord, findUser } from '../find.ts'
import { table } from '../terminal.ts'

const AS = { as: { type: 'string', value: 'user', says: 'As this user' } } as const

const trackCommand: RegardingCommand = {
  name: 'track',
  takes: '<mailbox> <message-id>',
  says: 'Track a message by hand, optionally against a record',
  positionals: [2, 2],
  flags: { ...AS, regarding: { type: 'string', value: 'table:record', says: 'What it regards' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const row = await regarding.mailboxes.find(principal, positionals[0] as string)
    const user = flags['as'] ? await findUser(regarding, String(flags['as'])) : String(row['ownerid'])
    const record = flags['regarding'] ? await findRecord(regarding, principal, String(flags['regarding'])) : undefined
    const result = await trackMessage(regarding, user, {
      mailboxId: String(row['mailboxid']),
      messageId: positionals[1] as string,
      ...(record ? { regarding: record } : {}),
    })
    output.result(result.text, result)
    return result.outcome === 'tracked' || result.outcome === 'linked' ? undefined : 1
  },
}

const setRegardingCommand: RegardingCommand = {
  name: 'set-regarding',
  takes: '<email-id> [table:record]',
  says: 'Change what an email regards; without a record it regards nothing',
  positionals: [1, 2],
  flags: AS,
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = await actingAs(regarding, principal, flags['as'])
    const record = positionals[1] ? await findRecord(regarding, who, positionals[1]) : undefined
    await setRegarding(regarding, who, positionals[0] as string, record)
    output.result(
      record
        ? `It regards ${positionals[1]} now; so will later messages of the conversation.`
        : 'It regards nothing now.',
      { emailId: positionals[0], regarding: record ?? null },
    )
    return undefined
  },
}

const untrackCommand: RegardingCommand = {
  name: 'untrack',
  takes: '<email-id>',
  says: 'Untrack an email; the email stays unless --delete is given and allowed',
  positionals: [1, 1],
  flags: {
    ...AS,
    thread: { type: 'boolean', says: 'The whole conversation, and later messages of it' },
    mailbox: { type: 'string', value: 'mailbox', says: 'Only the copy in this mailbox' },
    delete: { type: 'boolean', says: 'Delete the email too' },
  },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = await actingAs(regarding, principal, flags['as'])
    const mailbox = flags['mailbox'] ? await regarding.mailboxes.find(who, String(flags['mailbox'])) : undefined
    const result = await untrack(regarding, who, positionals[0] as string, {
      what: flags['thread'] === true ? 'thread' : 'message',
      whose: mailbox ? 'mine' : 'everyone',
      deleteEmail: flags['delete'] === true,
      ...(mailbox ? { mailboxId: String(mailbox['mailboxid']) } : {}),
    })
    output.result(
      `Untracked in ${result.copies} place${result.copies === 1 ? '' : 's'}${result.deleted ? '; the email is deleted' : ''}.`,
      result,
    )
    return undefined
  },
}

async function actingAs(
  regarding: Parameters<typeof findUser>[0],
  principal: Principal,
  wanted: unknown,
): Promise<Principal> {
  return typeof wanted === 'string' ? { kind: 'user', id: await findUser(regarding, wanted) } : principal
}

const resolve: RegardingCommand = {
  name: 'resolve',
  takes: '<email-id> <address> <table:record>',
  says: 'Give an unresolved address of an email its record',
  positionals: [3, 3],
  flags: AS,
  async run({ regarding, principal }, { positionals, flags }, output) {
    const [emailId, address, wanted] = positionals as [string, string, string]
    const who = await actingAs(regarding, principal, flags['as'])
    const record = await findRecord(regarding, who, wanted)
    const parties = await resolveParty(regarding, who, { emailId, address, record })
    output.result(`${address} is ${wanted} now, in ${parties} place${parties === 1 ? '' : 's'}.`, { parties })
    return undefined
  },
}

const block: RegardingCommand = {
  name: 'block',
  takes: '<address|domain|subject|sensitivity> <pattern>',
  says: 'Never track such messages; their bodies are never fetched',
  positionals: [2, 2],
  flags: { user: { type: 'string', value: 'user', says: 'For this user’s mailbox only; else for the organization' } },
  async run({ regarding, principal }, { positionals, flags }, output) {
    const who = await actingAs(regarding, principal, flags['user'])
    const [kind, pattern] = positionals as [string, string]
    const id = await addBlockRule(regarding, who, { scope: flags['user'] ? 'user' : 'organization', kind, pattern })
    output.result(`Blocked: ${kind} ${pattern}.`, { id })
    return undefined
  },
}

const blocked: RegardingCommand = {
  name: 'block list',
  says: 'Blocklist entries',
  flags: { user: { type: 'string', value: 'user', says: 'Also those of this user' } },
  async run({ regarding }, { flags }, output) {
    const owner = flags['user'] ? await findUser(regarding, String(flags['user'])) : SYSTEM_USER
    const rules = await blockRulesFor(regarding.database.sql, owner)
    output.result(
      table(
        ['Scope', 'Kind', 'Pattern', 'Id'],
        rules.map((rule) => [rule.scope, rule.kind, rule.pattern, rule.id]),
      ),
      rules,
    )
    return undefined
  },
}

const unblock: RegardingCommand = {
  name: 'block remove',
  takes: '<id>',
  says: 'Remove a blocklist entry',
  positionals: [1, 1],
  async run({ regarding, principal }, { positionals }, output) {
    const id = positionals[0] as string
    if (!/^[0-9a-f-]{36}$/i.test(id))
      throw new RecordError('ValidationFailed', `“${id}” is not the id of a blocklist entry; see regarding block list.`)
    await removeBlockRule(regarding, principal, id)
    output.result('Removed.', { id })
    return undefined
  },
}

const alwaysTrackCommand: RegardingCommand = {
  name: 'always-track',
  takes: '<user> [address]',
  says: 'Track every email of a sender for a user; without an address, show the list',
  positionals: [1, 2],
  flags: { remove: { type: 'boolean', says: 'Take the sender off the list' } },
  async run({ regarding }, { positionals, flags }, output) {
    const user = await findUser(regarding, positionals[0] as string)
    const address = positionals[1]
    if (address) await alwaysTrack(regarding, user, address, flags['remove'] !== true)
    const senders = (await alwaysTracked(regarding.database.sql, [user])).get(user) ?? []
    output.result(senders.join('\n') || 'No senders yet.', senders)
    return undefined
  },
}

const alerts: RegardingCommand = {
  name: 'alerts',
  says: 'The alerts wall, newest first',
  flags: {
    level: { type: 'string', value: 'error|warning|information', says: 'Only this level' },
    clear: { type: 'boolean', says: 'Delete those shown' },
  },
  async run({ regarding, principal }, { flags }, output) {
    const level = (['error', 'warning', 'information'] as const).find((known) => known === flags['level'])
    const rows = await regarding.alerts.wall(principal, level)
    const lines = rows.map((row) => [
      row['occurredon'] instanceof Date ? row['occurredon'].toISOString() : '',
      ['', 'info', 'warning', 'error'][Number(row['level'])] ?? '',
      String(row['title']),
      String(row['text'] ?? '').split('\n')[0] ?? '',
    ])
    output.result(table(['Time', 'Level', 'Title', 'Text'], lines), rows)
    if (flags['clear'] === true) await regarding.alerts.clear(principal, level)
    return undefined
  },
}

export const actCommands = [
  trackCommand,
  setRegardingCommand,
  untrackCommand,
  resolve,
  block,
  blocked,
  unblock,
  alwaysTrackCommand,
  alerts,
]

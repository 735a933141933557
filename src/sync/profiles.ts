import { MailboxError } from '#mailbox'
import { type DirectionResult, type MailboxSetup, withRemedy } from '#mailboxes'
import { type Principal, RecordError, type Row, SYSTEM, type Values } from '#records'
import { testMailboxes } from './operations.ts'
import type { Regarding } from './regarding.ts'

export interface ConnectionTest {
  status: 'success' | 'failure' | 'warning'
  authorized: boolean
  valid: boolean
  milliseconds: number
  request: string
  response: string
}

const STATUS = { failure: 0, success: 1, warning: 2 } as const
const LONGEST = 4000

/**
 * Test Connection of a profile (MB-24): opens one of its mailboxes, lists its folders, and stores how it went.
 * @throws RecordError when the principal may not write the profile
 */
export async function testConnection(
  regarding: Regarding,
  principal: Principal,
  profileId: string,
): Promise<ConnectionTest> {
  const profile = await writableProfile(regarding, principal, profileId)
  const setup = await mailboxOf(regarding, profileId)
  const started = regarding.clock.now()
  const outcome = setup ? await tryOpening(regarding, setup) : NOBODY
  const milliseconds = regarding.clock.now().getTime() - started.getTime()
  const request = setup
    ? `Sign in to ${setup.address} and list its folders`
    : `None: no active mailbox uses the profile “${String(profile['name'])}”`
  await regarding.records.as(SYSTEM).update('emailserverprofile', profileId, {
    lastteststarttime: started,
    lasttesttotalexecutiontime: milliseconds,
    lasttestexecutionstatus: STATUS[outcome.status],
    lasttestauthorizationstatus: outcome.authorized ? 1 : 0,
    lasttestvalidationstatus: outcome.valid ? 1 : 0,
    lasttestrequest: request.slice(0, LONGEST),
    lasttestresponse: outcome.response.slice(0, LONGEST),
    lasttesterror: outcome.status === 'success' ? null : outcome.response.slice(0, LONGEST),
  })
  return { ...outcome, milliseconds, request }
}

type Outcome = Pick<ConnectionTest, 'status' | 'authorized' | 'valid' | 'response'>

const NOBODY: Outcome = {
  status: 'warning',
  authorized: false,
  valid: false,
  response: 'Give the profile to a mailbox and test again: a server is tried with the credentials of somebody.',
}

async function tryOpening(regarding: Regarding, setup: MailboxSetup): Promise<Outcome> {
  try {
    const mailbox = await regarding.connect(setup)
    try {
      const folders = await mailbox.folders()
      // The second server of a profile that joins two (B-1).
      const beside = setup.profile?.row['calendarserverlocation'] ? await mailbox.items?.folders() : undefined
      const response = `${folders.length} folders${beside ? `, ${beside.length} of appointments, contacts and tasks` : ''}`
      return { status: 'success', authorized: true, valid: true, response }
    } finally {
      await mailbox.close()
    }
  } catch (error) {
    if (!(error instanceof MailboxError)) throw error
    const response = withRemedy(error.message, error.code)
    return { status: 'failure', authorized: error.kind !== 'denied', valid: error.code !== 'SettingsInvalid', response }
  }
}

async function writableProfile(regarding: Regarding, principal: Principal, id: string): Promise<Row> {
  const row = await regarding.records.as(principal).retrieve('emailserverprofile', id)
  if (!row)
    throw new RecordError('NotFound', `There is no server profile ${id} that you may read.`, {
      table: 'emailserverprofile',
    })
  if (await regarding.records.as(principal).may('write', 'emailserverprofile', id)) return row
  throw new RecordError(
    'PrivilegeDenied',
    'Test Connection needs the privilege to write the profile (prvWriteEmailServerProfile).',
    {
      table: 'emailserverprofile',
      privilege: 'prvWriteEmailServerProfile',
    },
  )
}

async function mailboxOf(regarding: Regarding, profileId: string): Promise<MailboxSetup | undefined> {
  const { rows } = await regarding.records.as(SYSTEM).query({
    table: 'mailbox',
    columns: ['mailboxid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [
        { kind: 'condition', column: 'emailserverprofile', operator: 'eq', values: [profileId] },
        { kind: 'condition', column: 'statecode', operator: 'eq', values: [0] },
      ],
    },
    top: 1,
  })
  const id = rows[0]?.['mailboxid']
  return typeof id === 'string' ? (await regarding.mailboxes.setups([id])).get(id) : undefined
}

/**
 * Apply Default Email Settings (MB-79): mailboxes get the default profile and the organization's methods, as far as their
 * kind allows, and are tested unless `test` is false.
 */
export async function applyDefaults(
  regarding: Regarding,
  principal: Principal,
  mailboxIds: readonly string[],
  options: { test?: boolean } = {},
): Promise<Map<string, DirectionResult[]>> {
  const settings = await regarding.options.organization()
  const profile = await defaultProfile(regarding)
  const setups = await regarding.mailboxes.setups(mailboxIds)
  for (const id of mailboxIds) {
    const kind = setups.get(id)?.kind
    if (!kind) throw new RecordError('NotFound', `There is no mailbox ${id}.`, { table: 'mailbox' })
    const methods = kind === 'user' ? methodsOf(settings) : kind === 'queue' ? forQueue(methodsOf(settings)) : {}
    await regarding.mailboxes.update(principal, id, {
      ...methods,
      emailserverprofile: { table: 'emailserverprofile', id: profile },
    })
  }
  return options.test === false ? new Map() : testMailboxes(regarding, principal, mailboxIds)
}

const methodsOf = (settings: Readonly<Record<string, unknown>>) => ({
  incomingemaildeliverymethod: Number(settings['DefaultIncomingMethod']),
  outgoingemaildeliverymethod: Number(settings['DefaultOutgoingMethod']),
  actdeliverymethod: Number(settings['DefaultActMethod']),
})

/** A queue has no client on a computer, and only email. */
function forQueue(methods: ReturnType<typeof methodsOf>): Values {
  return {
    incomingemaildeliverymethod: methods.incomingemaildeliverymethod === 1 ? 0 : methods.incomingemaildeliverymethod,
    outgoingemaildeliverymethod: methods.outgoingemaildeliverymethod === 1 ? 0 : methods.outgoingemaildeliverymethod,
    actdeliverymethod: 2,
  }
}

async function defaultProfile(regarding: Regarding): Promise<string> {
  const { rows } = await regarding.records.as(SYSTEM).query({
    table: 'emailserverprofile',
    columns: ['emailserverprofileid'],
    filter: {
      kind: 'filter',
      type: 'and',
      items: [{ kind: 'condition', column: 'isdefault', operator: 'eq', values: [true] }],
    },
    top: 1,
  })
  const id = rows[0]?.['emailserverprofileid']
  if (typeof id === 'string') return id
  throw new RecordError('ValidationFailed', 'No server profile is the default for new mailboxes; choose one first.', {
    table: 'emailserverprofile',
  })
}

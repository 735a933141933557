import { type ItemFolder, type ItemKind, type Mailbox, MailboxError, type OutgoingMessage } from '#mailbox'
import type { OrganizationSettings } from '#options'
import { type Access, type Principal, SYSTEM, type Values } from '#records'
import type { Clock } from '#time'
import { lackingForAct } from './actPrivileges.ts'
import { type Alerts, alertAbout } from './alerts.ts'
import { alertCodeOf, codeEntry, withRemedy } from './codes.ts'
import { holdItems } from './holding.ts'
import { obstacleOf } from './obstacle.ts'
import { ACT, OUTGOING, STATUS } from './rules.ts'
import type { MailboxSetup } from './setup.ts'

export type Direction = 'incoming' | 'outgoing' | 'act'

export interface DirectionResult {
  direction: Direction
  /** `notTested`: the method of the direction is not server-side synchronization (MB-71). */
  status: 'success' | 'failure' | 'notTested'
  code?: string
  /** For people: what failed and what to do. */
  text: string
  /** Messages of the mailbox can carry the tracked category. */
  categories?: boolean
  /** The names of the main folders of items. */
  main?: Partial<Record<ItemKind, string>>
}

export interface TestDependencies {
  records: { as(principal: Principal): Access }
  alerts: Alerts
  clock: Clock
  settings: OrganizationSettings
  /** Items are synchronized from this organization only, even if another one did so (MB-77). */
  takeOver?: boolean
  connect(setup: MailboxSetup): Promise<Mailbox>
  /** Folders of items, where the main ones are those that synchronization takes. */
  mainFolders(setup: MailboxSetup, listed: readonly ItemFolder[]): Promise<readonly ItemFolder[]>
  /** The message by which a mailbox proves that it can send to itself (MB-72). */
  confirmation(setup: MailboxSetup, now: Date): Promise<OutgoingMessage>
  /** Makes the workload of a direction exist and due at once, or stop (MB-73, SC-5). */
  schedule(setup: MailboxSetup, direction: Direction, enabled: boolean): Promise<void>
}

const COLUMN: Record<Direction, string> = { incoming: 'incomingemail', outgoing: 'outgoingemail', act: 'act' }
const ENABLED_CODE: Record<Direction, string> = {
  incoming: 'MailboxEnabledIncoming',
  outgoing: 'MailboxEnabledOutgoing',
  act: 'MailboxEnabledAct',
}

/** Test & Enable of one mailbox (MB-70 … MB-76). One direction's failure never touches the others (MB-81). */
export async function testAndEnable(dependencies: TestDependencies, setup: MailboxSetup): Promise<DirectionResult[]> {
  const results = await testDirections(dependencies, setup)
  const values: Values = { testmailboxaccesscompletedon: dependencies.clock.now(), mailboxteststatus: 2 }
  for (const result of results) {
    if (result.status === 'notTested') continue
    const success = result.status === 'success'
    values[`${COLUMN[result.direction]}status`] = success ? STATUS.success : STATUS.failure
    values[`enabledfor${COLUMN[result.direction]}`] = success
    values[`${COLUMN[result.direction]}lasterror`] = success ? null : result.text
  }
  await dependencies.records.as(SYSTEM).update('mailbox', setup.id, values)
  if (results.some((result) => result.status === 'success'))
    await dependencies.alerts.resolve({ table: 'mailbox', id: setup.id }, 'all') // MO-8
  for (const result of results) await announce(dependencies, setup, result)
  return results
}

async function testDirections(dependencies: TestDependencies, setup: MailboxSetup): Promise<DirectionResult[]> {
  const tested: Direction[] = [
    ...(setup.incoming === 'serverSide' ? (['incoming'] as const) : []),
    ...(Number(setup.row['outgoingemaildeliverymethod']) === OUTGOING.serverSide ? (['outgoing'] as const) : []),
    ...(Number(setup.row['actdeliverymethod']) === ACT.serverSide ? (['act'] as const) : []),
  ]
  const untested = (['incoming', 'outgoing', 'act'] as const).filter((direction) => !tested.includes(direction))
  const refusal = obstacleOf(setup, dependencies.settings) // MB-61, MB-64, MB-76
  return [
    ...(refusal
      ? tested.map((direction) => failure(direction, refusal.code, refusal.text))
      : await testConnected(dependencies, setup, tested)),
    ...untested.map((direction) => ({
      direction,
      status: 'notTested' as const,
      text: 'The method of this direction is not server-side synchronization.',
    })),
  ]
}

async function testConnected(
  dependencies: TestDependencies,
  setup: MailboxSetup,
  directions: readonly Direction[],
): Promise<DirectionResult[]> {
  if (!directions.length) return []
  let mailbox: Mailbox | undefined
  try {
    mailbox = await dependencies.connect(setup)
    const results: DirectionResult[] = []
    for (const direction of directions) results.push(await testDirection(dependencies, setup, mailbox, direction))
    return results
  } catch (error) {
    return directions.map((direction) => failureOf(direction, setup, error))
  } finally {
    await mailbox?.close()
  }
}

async function testDirection(
  dependencies: TestDependencies,
  setup: MailboxSetup,
  mailbox: Mailbox,
  direction: Direction,
): Promise<DirectionResult> {
  try {
    let main: DirectionResult['main']
    if (direction === 'incoming') await listInbox(mailbox)
    else if (direction === 'outgoing')
      await mailbox.send(await dependencies.confirmation(setup, dependencies.clock.now()))
    else {
      await requireActRights(dependencies, setup)
      main = await listItems(mailbox, (listed) => dependencies.mainFolders(setup, listed))
      await holdItems(mailbox.items?.holder, dependencies.settings, dependencies.clock, dependencies.takeOver)
    }
    const categories = direction === 'incoming' && mailbox.can.categories
    return {
      direction,
      status: 'success',
      text: [codeEntry(ENABLED_CODE[direction]).title, ...(main ? [saidOf(main)] : [])].join('. '),
      ...(categories ? { categories } : {}),
      ...(main ? { main } : {}),
    }
  } catch (error) {
    return failureOf(direction, setup, error)
  }
}

const KINDS: Record<ItemKind, string> = { event: 'appointments', contact: 'contacts', task: 'tasks' }

/** Where new items are made. */
function saidOf(main: Partial<Record<ItemKind, string>>): string {
  const parts = (['event', 'contact', 'task'] as const).flatMap((kind) =>
    main[kind] === undefined ? [] : [`${KINDS[kind]} in “${main[kind]}”`],
  )
  return `New items are made here: ${parts.join(', ')}.`
}

/** MB-72: the main folder of each kind that the server has is listed. */
async function listItems(
  { items }: Mailbox,
  mainFolders: (listed: readonly ItemFolder[]) => Promise<readonly ItemFolder[]>,
): Promise<Partial<Record<ItemKind, string>>> {
  const main = (items ? await mainFolders(await items.folders()) : []).filter((folder) => folder.main)
  if (!items || main.length === 0)
    throw new MailboxError('unsupported', 'NotSupported', 'This server carries no appointments, contacts and tasks.')
  for (const { id } of main) {
    for await (const page of items.changes(id, undefined, { pageSize: 1 })) if (page) break
  }
  return Object.fromEntries(main.map(({ kind, path }) => [kind, path.at(-1) ?? '']))
}

async function listInbox(mailbox: Mailbox): Promise<void> {
  const folders = await mailbox.folders()
  const inbox = folders.find((folder) => folder.use === 'inbox')
  if (!inbox) throw new MailboxError('permanent', 'FolderNotFound', 'The mailbox has no Inbox.')
  const pages = mailbox.changes(inbox.id, undefined, { pageSize: 1 })
  for await (const page of pages) if (page) break
}

/** Only users have calendars, and only those with the rights that synchronization needs (SE-40, SE-41). */
async function requireActRights({ records }: TestDependencies, { regarding }: MailboxSetup): Promise<void> {
  if (regarding?.table !== 'systemuser')
    throw new MailboxError(
      'unsupported',
      'NotSupported',
      'Only mailboxes of users have appointments, contacts and tasks.',
    )
  const lacking = await lackingForAct(records.as({ kind: 'user', id: regarding.id }))
  if (lacking)
    throw new MailboxError('permanent', 'PrivilegeDenied', `The user of the mailbox lacks the privilege ${lacking}.`)
}

function failureOf(direction: Direction, setup: MailboxSetup, error: unknown): DirectionResult {
  if (error instanceof MailboxError)
    return failure(direction, alertCodeOf(error.code, setup.profile?.credentialsOnProfile === true), error.message)
  return failure(direction, 'Unexpected', error instanceof Error ? error.message : String(error))
}

function failure(direction: Direction, code: string, text: string): DirectionResult {
  return { direction, status: 'failure', code, text: withRemedy(text, code) }
}

/** Alerts (MB-73, MB-74, T-94) and the workload's place in the schedule. */
async function announce(dependencies: TestDependencies, setup: MailboxSetup, result: DirectionResult): Promise<void> {
  if (result.status === 'notTested') return
  const { alerts, settings } = dependencies
  const raise = (code: string, text: string, level?: 'error') =>
    alerts.raise(alertAbout(setup, { code, text, ...(level ? { level } : {}) }, settings), settings)
  const success = result.status === 'success'
  await dependencies.schedule(setup, result.direction, success)
  if (!success) return raise(result.code ?? 'Unexpected', result.text, 'error')
  await raise(ENABLED_CODE[result.direction], `Mailbox “${setup.name}” (${setup.address}).`)
  if (result.categories && settings['TrackCategorizedItems'] === true)
    await raise('TrackedCategoryCreated', `Mailbox “${setup.name}” (${setup.address}).`)
}

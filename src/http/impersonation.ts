import type { IncomingHttpHeaders } from 'node:http'
import { RecordError, SYSTEM } from '#records'
import type { Regarding } from '#sync'
import type { Caller } from './caller.ts'
import { RequestError } from './failure.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The caller in whose name a request is made: `MSCRMCallerID` names a user, `CallerObjectId` the user's object in the
 * directory. The caller needs prvActOnBehalfOfAnotherUser and gains nothing: what is done, both must be allowed to do.
 * @throws RequestError 400, RecordError `PrivilegeDenied`
 */
export async function inWhoseName(
  regarding: Regarding,
  caller: Caller | undefined,
  headers: Readonly<IncomingHttpHeaders>,
): Promise<Caller | undefined> {
  const user = idIn(headers, 'mscrmcallerid')
  const object = idIn(headers, 'callerobjectid')
  if (!caller || (user === undefined && object === undefined)) return caller
  const actorId = caller.actorId ?? caller.userId
  const userId = user ?? (await userOf(regarding, object as string))
  if (userId === actorId) return { ...caller, userId }
  await regarding.records.securityOf({ kind: 'user', id: userId, by: actorId })
  return { ...caller, userId, actorId }
}

function idIn(headers: Readonly<IncomingHttpHeaders>, name: string): string | undefined {
  const [given] = [headers[name] ?? []].flat()
  if (given === undefined) return undefined
  if (ID.test(given)) return given.toLowerCase()
  throw new RequestError(400, 'HeaderInvalid', `The header ${name} takes the id of a user.`, { target: name })
}

async function userOf({ records }: Regarding, object: string): Promise<string> {
  const column = 'azureactivedirectoryobjectid'
  const { rows } = await records.as(SYSTEM).query({
    table: 'systemuser',
    columns: ['systemuserid'],
    filter: { kind: 'filter', type: 'and', items: [{ kind: 'condition', column, operator: 'eq', values: [object] }] },
    top: 1,
  })
  const id = rows[0]?.['systemuserid']
  if (typeof id === 'string') return id
  throw new RecordError('PrivilegeDenied', `There is no user of the object ${object}.`, { table: 'systemuser' })
}

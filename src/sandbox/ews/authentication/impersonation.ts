import type { User, World } from '../../model/index.ts'
import type { Impersonation } from '../envelope.ts'
import { SoapFault } from '../failure.ts'
import type { Caller } from './signIn.ts'

/**
 * Whose rights count for a request.
 * @throws SoapFault ErrorNonExistentMailbox, ErrorImpersonateUserDenied, ErrorInvalidUserPrincipalName, ErrorInvalidUserSid
 */
export function actingUser(world: World, caller: Caller, asked: Impersonation | undefined): User {
  const user = asked ? impersonated(world, caller, asked) : caller.user
  if (!user)
    throw new SoapFault(
      'ErrorImpersonateUserDenied',
      'ExchangeImpersonation SOAP header must be present for this type of OAuth token.',
    )
  if (user.home === 'graph') throw new SoapFault('ErrorNonExistentMailbox')
  return user
}

function impersonated(world: World, caller: Caller, { by, value }: Impersonation): User {
  const user = by === 'SID' ? world.users.find((each) => sidOf(each) === value) : world.find(value)
  if (!user) throw new SoapFault(UNKNOWN[by])
  if (!mayActAs(caller, user)) throw new SoapFault('ErrorImpersonateUserDenied')
  return user
}

function mayActAs({ user: caller, application }: Caller, user: User): boolean {
  if (application === 'all' || application?.includes(user.address)) return true
  return caller === user || caller?.mayImpersonate === true
}

const UNKNOWN = {
  SID: 'ErrorInvalidUserSid',
  PrincipalName: 'ErrorInvalidUserPrincipalName',
  PrimarySmtpAddress: 'ErrorNonExistentMailbox',
  SmtpAddress: 'ErrorNonExistentMailbox',
} as const

/** A security identifier made of the user's id. */
function sidOf({ id }: User): string {
  const words = id
    .replaceAll('-', '')
    .match(/.{8}/g)
    ?.map((word) => Number.parseInt(word, 16)) as number[]
  return `S-1-5-21-${words.join('-')}`
}

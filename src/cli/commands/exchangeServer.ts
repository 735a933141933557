import { RecordError, type Values } from '#records'
import type { Arguments, Flag } from '../command.ts'

export const EXCHANGE_SERVER_FLAGS: Readonly<Record<string, Flag>> = {
  'exchange-server': {
    type: 'string',
    value: 'url|auto',
    says: 'An Exchange of your own instead: its address, or auto to find it by the address of the mailbox',
  },
  'service-account': {
    type: 'string',
    value: 'DOMAIN\\user',
    says: 'Account that opens all mailboxes of this Exchange; --password-file is its password',
  },
  delegate: { type: 'boolean', says: 'The service account has Full Access instead of impersonating' },
  auth: { type: 'string', value: 'auto|ntlm|basic|negotiate', says: 'How one signs in to this Exchange (auto)' },
}

const PROTOCOLS: Readonly<Record<string, number>> = { auto: 0, negotiate: 1, ntlm: 2, basic: 3 }

/** By what such a profile is known as the one that is meant. */
export const EXCHANGE_SERVER_KEY = ['servertype', 'incomingserverlocation', 'authenticateusing', 'username']

/** The profile of an Exchange of the organization's own (MB-5 … MB-10). */
export function exchangeServer(flags: Arguments['flags'], password: string | undefined): Values {
  const location = String(flags['exchange-server'])
  const auto = location.toLowerCase() === 'auto'
  const protocol = PROTOCOLS[String(flags['auth'] ?? 'auto')]
  if (protocol === undefined) throw new RecordError('ValidationFailed', '--auth is auto, ntlm, basic or negotiate.')
  const account = flags['service-account'] ? String(flags['service-account']) : undefined
  const impersonates = account !== undefined && flags['delegate'] !== true
  return {
    name: `Exchange ${auto ? 'by Autodiscover' : location}${account ? ` as ${account}` : ''}`.slice(0, 100),
    servertype: 1,
    useautodiscover: auto,
    incomingserverlocation: auto ? null : location,
    incomingauthenticationprotocol: protocol,
    authenticateusing: account === undefined ? 0 : 1,
    username: account ?? null,
    useimpersonation: impersonates,
    ...(account !== undefined && password !== undefined ? { password } : {}),
    ...(flags['ca'] ? { trustedauthority: String(flags['ca']) } : {}),
  }
}

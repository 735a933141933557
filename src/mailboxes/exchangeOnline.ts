import { RecordError, type Records, SYSTEM } from '#records'
import { SERVER } from './rules.ts'

/** How the installation reaches Exchange Online, as its operator has configured it. */
export interface ExchangeOnline {
  /** Tenant (directory) id or domain. */
  tenant: string
  /** Of the application that is registered there. */
  clientId: string
  clientSecret: string
}

/** The profile that comes from the configuration; its id is the same in every installation. */
export const EXCHANGE_ONLINE_PROFILE = '00000000-0000-4000-8000-0000000000e0'

/**
 * Sees to it that the profile for the Exchange Online of the own tenant is there and as configured (MB-2). Whether it is
 * the default, active, and from when on it looks at email, is for administrators to say.
 */
export async function keepExchangeOnline(
  records: Pick<Records, 'as' | 'openSecret'>,
  { tenant, clientId, clientSecret }: ExchangeOnline,
): Promise<void> {
  const system = records.as(SYSTEM)
  const columns = ['exchangeonlinetenantid', 'oauthclientid']
  const there = await system.retrieve('emailserverprofile', EXCHANGE_ONLINE_PROFILE, columns)
  const configured = { exchangeonlinetenantid: tenant, oauthclientid: clientId }
  if (!there) return create(records, { ...configured, oauthclientsecret: clientSecret })
  const secret = await records.openSecret('emailserverprofile', EXCHANGE_ONLINE_PROFILE, 'oauthclientsecret')
  if (secret === clientSecret && columns.every((name) => there[name] === configured[name as keyof typeof configured]))
    return
  await system.update('emailserverprofile', EXCHANGE_ONLINE_PROFILE, { ...configured, oauthclientsecret: clientSecret })
}

async function create(records: Pick<Records, 'as'>, values: Record<string, string>): Promise<void> {
  try {
    await records.as(SYSTEM).create('emailserverprofile', {
      emailserverprofileid: EXCHANGE_ONLINE_PROFILE,
      name: 'Exchange Online',
      servertype: SERVER.exchangeOnline,
      authenticateusing: 2,
      ...values,
    })
  } catch (error) {
    // Another process that starts at the same time was first.
    if (!(error instanceof RecordError) || error.code !== 'DuplicateKey') throw error
  }
}

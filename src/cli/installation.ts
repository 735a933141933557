import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '#database'
import { openRegarding, type Regarding, type RegardingOptions } from '#sync'

/** In the directory of an installation: its custom tables and columns, and its own code. */
const CUSTOMIZATION = 'customization.json'
const CODE = 'handlers.mjs'

/**
 * Opens an installation with the custom tables and columns of its file (`REGARDING_CUSTOMIZATION`, else
 * `customization.json` in its directory where there is one) and its own code (`REGARDING_CODE`, else `handlers.mjs`).
 */
export async function openInstallation(target: Target, environment: NodeJS.ProcessEnv): Promise<Regarding> {
  const customization = environment['REGARDING_CUSTOMIZATION'] ?? (await fileIn(target, CUSTOMIZATION))
  const code = environment['REGARDING_CODE'] ?? (await fileIn(target, CODE))
  const webhookNetworks = environment['REGARDING_WEBHOOK_NETWORKS']
  return openRegarding(target, {
    ...(customization ? { customization } : {}),
    ...(code ? { code } : {}),
    ...(webhookNetworks ? { webhookNetworks } : {}),
    ...exchangeOnline(environment),
  })
}

const ONLINE = [
  'REGARDING_EXCHANGE_TENANT',
  'REGARDING_EXCHANGE_CLIENT_ID',
  'REGARDING_EXCHANGE_CLIENT_SECRET',
] as const

/** MB-2. @throws Error when only a part of it is set */
function exchangeOnline(environment: NodeJS.ProcessEnv): Pick<RegardingOptions, 'exchangeOnline'> {
  const [tenant, clientId, clientSecret] = ONLINE.map((name) => environment[name])
  if (tenant && clientId && clientSecret) return { exchangeOnline: { tenant, clientId, clientSecret } }
  const missing = ONLINE.filter((name) => !environment[name])
  if (missing.length === ONLINE.length) return {}
  throw new Error(`The profile of Exchange Online needs ${ONLINE.join(', ')}; not set: ${missing.join(', ')}.`)
}

async function fileIn(target: Target, name: string): Promise<string | undefined> {
  if (!('directory' in target)) return undefined
  const file = join(target.directory, name)
  return access(file).then(
    () => file,
    () => undefined,
  )
}

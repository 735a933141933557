import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '#database'
import { openRegarding, type Regarding } from '#sync'

/** In the directory of an installation: its custom tables and columns. */
const CUSTOMIZATION = 'customization.json'

/**
 * Opens an installation with the custom tables and columns of its file: `REGARDING_CUSTOMIZATION`, else
 * `customization.json` in its directory where there is one.
 */
export async function openInstallation(target: Target, environment: NodeJS.ProcessEnv): Promise<Regarding> {
  const customization = environment['REGARDING_CUSTOMIZATION'] ?? (await fileIn(target))
  const webhookNetworks = environment['REGARDING_WEBHOOK_NETWORKS']
  return openRegarding(target, {
    ...(customization ? { customization } : {}),
    ...(webhookNetworks ? { webhookNetworks } : {}),
  })
}

async function fileIn(target: Target): Promise<string | undefined> {
  if (!('directory' in target)) return undefined
  const file = join(target.directory, CUSTOMIZATION)
  return access(file).then(
    () => file,
    () => undefined,
  )
}

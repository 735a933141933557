import type { MailboxSetup } from '#mailboxes'
import type { Settings } from '#options'
import { blockRulesFor } from './blockRules.ts'
import type { IncomingDependencies } from './context.ts'
import type { CycleStart } from './cycle.ts'
import { trackingSettings } from './trackingSettings.ts'

/** What a cycle reads once at its start, beside its connection and its lease. */
export async function startOf(
  { database }: IncomingDependencies,
  setup: MailboxSetup,
  organization: Settings & { organizationId: string },
): Promise<Pick<CycleStart, 'setup' | 'organization' | 'settings' | 'blockRules'>> {
  return {
    setup,
    organization,
    settings: trackingSettings(organization),
    blockRules: await blockRulesFor(database.sql, setup.owner.id),
  }
}

import type { MailboxSetup } from '#mailboxes'
import type { Settings } from '#options'
import type { CycleStart } from './cycle.ts'
import type { BlockRule } from './model.ts'
import { trackingSettings } from './trackingSettings.ts'

/** What a cycle knows from its start, beside its connection and its lease. */
export function startOf(
  setup: MailboxSetup,
  organization: Settings & { organizationId: string },
  blockRules: readonly BlockRule[],
): Pick<CycleStart, 'setup' | 'organization' | 'settings' | 'blockRules'> {
  return { setup, organization, settings: trackingSettings(organization), blockRules }
}

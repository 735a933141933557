import type { Mailbox } from '#mailbox'
import type { Settings, SettingValue } from '#options'
import type { TrackingSettings } from './model.ts'

/** The organization's settings in the shape that deciding reads. */
export function trackingSettings(settings: Settings & { organizationId: string }): TrackingSettings {
  const on = (name: string) => settings[name] === true
  const number = (name: string) => Number(settings[name])
  return {
    organizationId: settings.organizationId,
    autoCreateContactOnPromote: on('AutoCreateContactOnPromote'),
    autoTrackSentFolderItems: on('AutoTrackSentFolderItems'),
    trackCategorizedItems: on('TrackCategorizedItems'),
    useCorrelation: on('UseCorrelation'),
    useTrackingTokens: on('UseTrackingTokens'),
    useSmartMatching: on('UseSmartMatching'),
    ignoreConversationIndexAndInReplyToForCorrelation: on('IgnoreConversationIndexAndInReplyToForCorrelation'),
    doNotCorrelateForwardedEmailsAsReplies: on('DoNotCorrelateForwardedEmailsAsReplies'),
    useFilteringMethodOfSyncingMailboxOnlyForCorrelation: on('UseFilteringMethodOfSyncingMailboxOnlyForCorrelation'),
    sssForceFilteringMethodForUserMailboxes: on('SSSForceFilteringMethodForUserMailboxes'),
    unresolveSenderInCaseOfMultipleMatch: on('UnresolveSenderInCaseOfMultipleMatch'),
    unresolveRecipientsInCaseOfMultipleMatch: on('UnresolveRecipientsInCaseOfMultipleMatch'),
    resolveForInactiveEntities: on('ResolveForInactiveEntities'),
    trackEmailsBetweenUsersAsTwoActivities: on('TrackEmailsBetweenUsersAsTwoActivities'),
    ignoreInternalEmailDetectionEnhancement: on('IgnoreInternalEmailDetectionEnhancement'),
    doNotIgnoreInternalEmailToQueues: on('DoNotIgnoreInternalEmailToQueues'),
    ignoreInternalEmailFromQueues: on('IgnoreInternalEmailFromQueues'),
    restrictIrmEmailItems: on('RestrictIRMEmailItems'),
    createQueueItemForSynchronizingMailbox: on('CreateQueueItemForSynchronizingMailbox'),
    createQueueItemsForAcceptingQueueRecipients: on('CreateQueueItemsForAcceptingQueueRecipients'),
    createAdditionalQueueItemsForAlreadyTrackedEmail: on('SSSCreateAdditionalQueueItemsForAlreadyTrackedEmail'),
    useFolderTracking: on('UseFolderTracking'),
    tokenPrefixes: [String(settings['TrackingPrefix']), ...listOf(settings['FormerTrackingPrefixes'])],
    tokenUserDigits: number('TrackingTokenIdDigits'),
    tokenCounterDigits: number('MaxTrackingNumberDigits'),
    hashFilterKeywords: String(settings['HashFilterKeywords']),
    hashMaxCount: number('HashMaxCount'),
    hashDeltaSubjectCount: number('HashDeltaSubjectCount'),
    hashMinAddressCount: number('HashMinAddressCount'),
    ...(settings['SmartMatchWindowDays'] === null ? {} : { smartMatchWindowDays: number('SmartMatchWindowDays') }),
  }
}

/** Where items cannot hold categories, nobody tracks by them (T-94). */
export function settingsFor(settings: TrackingSettings, mailbox: Pick<Mailbox, 'can'>): TrackingSettings {
  return { ...settings, trackCategorizedItems: settings.trackCategorizedItems && mailbox.can.categories }
}

function listOf(stored: SettingValue | undefined): string[] {
  const list: unknown = typeof stored === 'string' && stored ? JSON.parse(stored) : []
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : []
}

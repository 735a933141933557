import type { Setting } from './setting.ts'

const flag = (name: string, fallback: boolean, rule: string, label: string): Setting => ({
  name,
  label,
  rule,
  type: 'boolean',
  default: fallback,
})

const number = (
  name: string,
  fallback: number | null,
  min: number,
  max: number,
  rule: string,
  label: string,
): Setting => ({
  name,
  label,
  rule,
  type: 'integer',
  default: fallback,
  min,
  max,
})

const METHODS = { None: 0, Client: 1, ServerSide: 2, ForwardMailbox: 3 } as const

/** Every setting of the organization that synchronization reads, with its default and bounds (OV §7, spec of each rule). */
export const organizationSettings: readonly Setting[] = [
  // Tracking
  flag('AutoCreateContactOnPromote', true, 'T-75', 'Contacts and leads may be created automatically'),
  flag('AutoTrackSentFolderItems', false, 'T-1', 'Look at Sent Items for automatic tracking'),
  flag('DoNotAutoTrackEmail', true, 'PO-30', 'Offer the choice "No email messages"'),
  flag('TrackCategorizedItems', true, 'T-94', 'Track items that carry the tracked category'),
  flag('UseCorrelation', true, 'T-40', 'Correlate by message headers'),
  flag('UseTrackingTokens', true, 'T-40', 'Correlate by tracking tokens'),
  flag('UseSmartMatching', false, 'T-40', 'Correlate by similar subjects and addresses'),
  flag('IgnoreConversationIndexAndInReplyToForCorrelation', false, 'T-42', 'Do not correlate by headers'),
  flag('DoNotCorrelateForwardedEmailsAsReplies', false, 'T-44', 'A forward is not a reply'),
  flag('UseFilteringMethodOfSyncingMailboxOnlyForCorrelation', false, 'T-28', 'Only the processed mailbox decides'),
  flag('SSSForceFilteringMethodForUserMailboxes', false, 'T-29', 'A user mailbox accepts through its own filter only'),
  flag('UnresolveSenderInCaseOfMultipleMatch', false, 'T-63', 'Leave an ambiguous sender unresolved'),
  flag('UnresolveRecipientsInCaseOfMultipleMatch', false, 'T-66', 'Leave ambiguous recipients unresolved'),
  flag('ApplyToAllSimilarUnresolved', true, 'T-70', 'A manual resolution applies to all emails with the address'),
  flag('ResolveForInactiveEntities', false, 'T-68', 'Inactive records take part in resolution'),
  flag(
    'TrackEmailsBetweenUsersAsTwoActivities',
    true,
    'T-32',
    'Sent and received copies between users are two activities',
  ),
  flag('IgnoreInternalEmailDetectionEnhancement', true, 'T-33', 'Correlate internal email although it is ignored'),
  flag('DoNotIgnoreInternalEmailToQueues', true, 'T-34', 'Keep email from users to queues'),
  flag('IgnoreInternalEmailFromQueues', false, 'T-35', 'Drop email from queues to users'),
  flag('RestrictIRMEmailItems', false, 'T-11', 'Do not track rights-protected email'),
  flag('CreateQueueItemForSynchronizingMailbox', true, 'T-83', 'Queue item for the processed queue'),
  flag('CreateQueueItemsForAcceptingQueueRecipients', true, 'T-83', 'Queue item for every queue among the recipients'),
  flag(
    'SSSCreateAdditionalQueueItemsForAlreadyTrackedEmail',
    false,
    'T-83',
    'Queue item when another queue sees the email later',
  ),
  flag('RouteEmailToOwnersQueue', false, 'T-83', 'Queue item in the default queue of the email’s owner'),
  flag('UseFolderTracking', true, 'FT-1', 'Use folder-level tracking'),

  // Tracking tokens
  {
    name: 'TrackingPrefix',
    label: 'Prefix of tracking tokens',
    rule: 'T-50',
    type: 'text',
    default: 'CRM:',
    min: 1,
    max: 20,
  },
  {
    name: 'FormerTrackingPrefixes',
    label: 'Prefixes used before, as a JSON list',
    rule: 'T-54',
    type: 'text',
    default: '[]',
    max: 4000,
  },
  number('TrackingTokenIdBase', 0, 0, 2147483647, 'T-50', 'Base tracking number'),
  number('TrackingTokenIdDigits', 3, 1, 10, 'T-50', 'Digits for user numbers'),
  number('MaxTrackingNumberDigits', 3, 1, 9, 'T-50', 'Digits for the message counter'),

  // Smart matching
  {
    name: 'HashFilterKeywords',
    label: 'Expression removed from subjects',
    rule: 'T-57',
    type: 'text',
    default: '^[\\s]*([\\w]+\\s?:[\\s]*)+',
    max: 500,
  },
  number('HashMaxCount', 20, 1, 100, 'T-57', 'Hashes kept of a subject or recipient list'),
  number('HashDeltaSubjectCount', 0, 0, 100, 'T-57', 'Allowed difference in number of subject hashes'),
  number('HashMinAddressCount', 2, 0, 100, 'T-57', 'Least number of equal addresses'),
  number('SmartMatchWindowDays', null, 1, 36500, 'T-61', 'Days looked back by smart matching'),

  // Mailboxes
  flag('RequireApprovalForUserEmail', true, 'MB-60', 'Process emails only for approved users'),
  flag('RequireApprovalForQueueEmail', true, 'MB-60', 'Process emails only for approved queues'),
  {
    name: 'DefaultIncomingMethod',
    label: 'Incoming email of new mailboxes',
    rule: 'MB-90',
    type: 'choice',
    default: 2,
    choices: METHODS,
  },
  {
    name: 'DefaultOutgoingMethod',
    label: 'Outgoing email of new mailboxes',
    rule: 'MB-90',
    type: 'choice',
    default: 2,
    choices: { None: 0, Client: 1, ServerSide: 2 },
  },
  {
    name: 'DefaultActMethod',
    label: 'Appointments, contacts and tasks of new mailboxes',
    rule: 'MB-90',
    type: 'choice',
    default: 2,
    choices: { Client: 0, ServerSide: 1, None: 2 },
  },
  number('MaxUploadFileSize', 5120, 1, 131072, 'MB-92', 'Attachment limit in kilobytes'),
  {
    name: 'BlockedAttachments',
    label: 'Blocked extensions, separated by semicolons',
    rule: 'T-91',
    type: 'text',
    default:
      'ade;adp;app;asa;ashx;asmx;asp;bas;bat;cdx;cer;chm;class;cmd;com;config;cpl;crt;csh;dll;exe;fxp;hlp;hta;htr;htw;ida;idc;idq;inf;ins;isp;its;jar;js;jse;ksh;lnk;mad;maf;mag;mam;maq;mar;mas;mat;mau;mav;maw;mda;mdb;mde;mdt;mdw;mdz;msc;msh;msh1;msh1xml;msh2;msh2xml;mshxml;msi;msp;mst;ops;pcd;pif;prf;prg;printer;pst;reg;rem;scf;scr;sct;shb;shs;shtm;shtml;soap;stm;svc;tmp;url;vb;vbe;vbs;vsmacros;vss;vst;vsw;ws;wsc;wsf;wsh',
    max: 4000,
  },
  number('MaximumSubjectLengthOnMailServer', 255, 1, 998, 'OE-31', 'Longest subject of the mail server'),
  flag('SSSSaveOutgoingEmailToExchangeSentFolder', true, 'OE-40', 'Copy sent email to Sent Items'),
  flag('AllowUnresolvedPartiesOnEmailSend', false, 'OE-15', 'Email may be sent to addresses that are no record'),
  flag('EnableMailboxDelegationForOutgoingEmail', false, 'OE-23', 'Send on behalf by the rights of the mail server'),
  flag('AllowDirectEmail', true, 'OE-50', 'One email to each of many records by a template'),
  flag('EmailTemplateRetrieveFallbackContact', false, 'OE-52', 'Templates fall back to the primary contact'),

  // Appointments, contacts and tasks
  number('ActCycleCap', 200, 1, 10_000, 'SC-32', 'Items per cycle, over both directions'),
  number('ItemUndoDays', 30, 1, 365, 'B-41', 'Days that the last copy of a deleted or overwritten item is kept'),
  flag('IgnoreCopiedItemsInSSSForMailbox', true, 'AP-11', 'Copies of linked items are ignored'),
  flag('SSSUpdatePastMeetingsInNonDraftMode', false, 'AP-37', 'Changes of past appointments reach mailboxes'),
  flag('AllowSaveAsDraftAppointment', false, 'AP-39', 'Appointments may be drafts, which stay out of mailboxes'),
  flag(
    'SSSPropagateAppointmentCancellationsToExchange',
    false,
    'AP-40',
    'Canceling an appointment cancels the meeting',
  ),
  flag('TrackAppointmentsFromNonOrganizer', true, 'AP-56', 'Attendees may track meetings'),
  flag('UseCrmOrganizerForEmptyExchangeOrganizer', false, 'AP-58', 'Keep the organizer where the meeting names none'),
  flag('DisableImplicitSharingOfCommunicationActivities', false, 'AP-55', 'Tracking by attendees shares with nobody'),
  flag('DistinctPhysicalAndLogicalDeletesForExchangeSync', false, 'AP-90', 'What leaves the filters is unlinked only'),
  {
    name: 'ContactDeletionFromExchange',
    label: 'When a contact is deleted in the mailbox',
    rule: 'CT-31',
    type: 'choice',
    default: 0,
    choices: { Unlink: 0, DeleteIfOwner: 1 },
  },
  {
    name: 'SSSTaskDeletionSyncBehaviorFromExchange',
    label: 'When a task is deleted in the mailbox',
    rule: 'TK-31',
    type: 'choice',
    default: 0,
    choices: { Delete: 0, Unlink: 1 },
  },
  flag('IsAppointmentAttachmentSyncEnabled', false, 'SF-63', 'Synchronize attachments of appointments'),
  flag('IsContactMailingAddressSyncEnabled', true, 'SF-64', 'Synchronize only the mailing address of contacts'),
  {
    name: 'SynchronizedFieldDirections',
    label: 'Directions of synchronized fields that are not the default, as JSON by table and field pair',
    rule: 'FD-6',
    type: 'text',
    default: '{}',
    max: 4000,
  },
  number('ItemDeleteBrakeCount', 20, 0, 100_000, 'B-40', 'Deletions of a type that a cycle may do unasked'),
  number('ItemDeleteBrakePercent', 5, 0, 100, 'B-40', 'Part of the linked items (percent) that it may delete unasked'),
  number(
    'ItemInvitationBudget',
    10,
    0,
    100_000,
    'B-43',
    'Invitations to people outside that a cycle may cause unasked',
  ),

  // Schedule
  {
    name: 'IncomingIntervalMode',
    label: 'How often incoming email is visited',
    rule: 'SC-16',
    type: 'choice',
    default: 0,
    choices: { Adaptive: 0, Fixed5: 1 },
  },
  number('IncomingCycleCap', 100, 1, 10000, 'SC-14', 'Messages per cycle'),

  // Monitoring
  flag('ErrorAlerts', true, 'MO-4', 'Error alerts'),
  flag('WarningAlerts', false, 'MO-4', 'Warning alerts'),
  flag('InformationAlerts', true, 'MO-4', 'Information alerts'),
  flag('NotifyMailboxOwner', false, 'MO-4', 'Errors and warnings also on the mailbox owner’s wall'),
  flag('EnableSssItemLevelMonitoring', true, 'MO-70', 'Keep the list of items that were not tracked'),
  number('DecisionRetentionDays', 90, 1, 3650, 'B-21', 'Days that decisions are kept'),

  // Filters
  number('MaximumFiltersPerTable', null, 1, 10000, 'SF-6', 'Filters of a kind that a user may have for each table'),

  // Security
  flag('IsHierarchicalSecurityModelEnabled', false, 'SE-83', 'Managers reach the records of their reports'),
  number('MaxDepthForHierarchicalSecurityModel', 3, 1, 20, 'SE-83', 'Levels of reports that managers reach'),

  // Audit trail
  number('AuditRetentionDays', 365, 1, 36500, 'B-83', 'Days that the audit trail is kept'),

  // Duplicates
  flag('IsDuplicateDetectionEnabled', true, 'DU-5', 'Look for duplicates'),
  flag('IsDuplicateDetectionEnabledForOnlineCreateUpdate', true, 'DU-5', 'Look for duplicates when records are saved'),
  flag('IsDuplicateDetectionEnabledForOfflineSync', true, 'DU-6', 'Look for duplicates when a client comes online'),

  // Bounds of personal options
  flag('PerformChecksAsEmailIsReceived', true, 'PO-60', 'Perform checks as new email is received'),
  number('PromoteIncomingEmailMinutes', 10, 1, 1440, 'PO-61', 'Promote incoming email every (minutes)'),
  number('SendPendingEmailMinutes', 10, 1, 1440, 'PO-62', 'Send pending email every (minutes)'),
  flag('UsersCanScheduleSynchronization', true, 'PO-63', 'Users can schedule synchronization'),
  number('MinimumSynchronizationMinutes', 15, 1, 1440, 'PO-64', 'Minimum time between synchronizations (minutes)'),
  flag('UsersCanScheduleLocalData', true, 'PO-65', 'Users can schedule background local data synchronization'),
  number('MinimumLocalDataMinutes', 15, 1, 1440, 'PO-66', 'Minimum time between local data synchronizations (minutes)'),
  flag('UsersCanScheduleAddressBook', true, 'PO-67', 'Users can schedule background address book synchronization'),
  number('MinimumAddressBookHours', 1, 1, 168, 'PO-68', 'Minimum time between address book synchronizations (hours)'),
  flag('ShowGetTheClientBar', true, 'PO-69', 'Users see the "get the client" message bar'),
]

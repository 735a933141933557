import type { MailboxErrorCode, MailboxErrorKind } from '../errors.ts'

/** What a code of Exchange means to the engine and to people. */
export interface Meaning {
  kind: MailboxErrorKind
  code: MailboxErrorCode
  scope: 'item' | 'mailbox' | 'server'
  /** Cause and remedy. */
  words: string
}

const group = (
  kind: MailboxErrorKind,
  code: MailboxErrorCode,
  scope: Meaning['scope'],
  words: string,
  names: string,
): [string, Meaning][] => names.split(/\s+/).map((name) => [`Error${name}`, { kind, code, scope, words }])

/**
 * The codes of Exchange's responses (`ResponseCodeType` of its schema) that mail can meet, by what must be done about
 * them (MO-30 … MO-66). The names stand without `Error`.
 */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ...group(
    'throttled',
    'ServiceUnavailable',
    'server',
    'Exchange asks to come back later. It is tried again; if it lasts, look at the throttling policy of the account.',
    'ServerBusy ServiceUnavailable ExceededConnectionCount ExceededSubscriptionCount TooManyObjectsOpened InsufficientResources NotEnoughMemory',
  ),
  ...group(
    'transient',
    'ErrorInternalServerTransientError',
    'mailbox',
    'Exchange failed for a moment. It is tried again.',
    'InternalServerError InternalServerTransientError ADOperation ADUnavailable ADSessionFilter AddressSpaceNotFound ConnectionFailed ClientDisconnected RequestAborted CrossSiteRequest DataSourceOperation BatchProcessingStopped LocalServerObjectNotFound NoApplicableProxyCASServersAvailable NoDestinationCASDueToKerberosRequirements NoDestinationCASDueToSSLRequirements NoDestinationCASDueToVersionMismatch NoRespondingCASInDestinationSite ProxyCallFailed ProxyRequestNotAllowed ProxyRequestProcessingFailed ProxyServiceDiscoveryFailed ProxyTokenExpired ProxyGroupSidLimitExceeded ServiceDiscoveryFailed InvalidNetworkServiceContext InvalidProxySecurityContext LogonAsNetworkServiceFailed InvalidSerializedAccessToken WebRequestInInvalidState Win32InteropError ResponseSchemaValidation MoveCopyFailed DeleteItemsFailed SearchFolderNotInitialized ContentIndexingNotEnabled PublicFolderSyncException CommitFailed FolderSave FolderSaveFailed ItemSave',
  ),
  ...group(
    'transient',
    'ErrorInternalServerTransientError',
    'mailbox',
    'The mailbox is just being moved, or its database is not mounted. It is tried again; if it lasts, look at the move requests and databases of Exchange.',
    'MailboxMoveInProgress MailboxStoreUnavailable MailboxFailover WrongServerVersion WrongServerVersionDelegate',
  ),
  ...group('transient', 'Timeout', 'mailbox', 'Exchange took too long. It is tried again.', 'TimeoutExpired'),
  ...group(
    'transient',
    'ErrorInternalServerTransientError',
    'mailbox',
    'The subscription to notifications has ended. A new one is made.',
    'SubscriptionNotFound ExpiredSubscription InvalidSubscription SubscriptionUnsubscribed ReadEventsFailed EventNotFound InvalidPullSubscriptionId InvalidWatermark ProxiedSubscriptionCallFailure MissedNotificationEvents NewEventStreamConnectionOpened',
  ),
  ...group(
    'denied',
    'CredentialsIncorrect',
    'mailbox',
    'The account may not do this in the mailbox. Give it Full Access to the mailbox, or let it impersonate and say so in the profile.',
    'AccessDenied CreateItemAccessDenied CreateSubfolderAccessDenied SubscriptionAccessDenied CannotDeleteObject InvalidAccessLevel NotDelegate DelegateNoUser AccessModeSpecified MoreThanOneAccessModeSpecified MultiLegacyMailboxAccess',
  ),
  ...group(
    'denied',
    'CredentialsIncorrect',
    'mailbox',
    'Exchange does not let the account in. Check that it is enabled, that its password has not expired, and that it may use Exchange Web Services.',
    'AccountDisabled PasswordExpired PasswordChangeRequired MailboxLogonFailed InvalidClientSecurityContext InvalidAuthorizationContext InvalidLogonType TokenSerializationDenied InvalidCrossForestCredentials GetServerSecurityDescriptorFailed InvalidSecurityDescriptor',
  ),
  ...group(
    'denied',
    'ImpersonationDenied',
    'mailbox',
    'The account may not impersonate this mailbox. Assign it the management role ApplicationImpersonation with a scope that holds the mailbox, or switch impersonation off in the profile.',
    'ImpersonateUserDenied ImpersonationDenied ImpersonationFailed InvalidExchangeImpersonationHeaderData CallerIsInvalidADAccount InvalidUserSidMissingUPN',
  ),
  ...group(
    'permanent',
    'MailboxNotFound',
    'mailbox',
    'There is no mailbox of this address, or the address is not its primary one. Correct the address of the mailbox.',
    'NonExistentMailbox NonPrimarySmtpAddress InvalidSmtpAddress InvalidMailbox MissingEmailAddress MissingInformationEmailAddress CannotFindUser InvalidUserPrincipalName InvalidUserSid InvalidSid EmailAddressMismatch MailRecipientNotFound MailboxConfiguration NameResolutionNoMailbox NameResolutionNoResults NameResolutionMultipleResults ArchiveMailboxNotEnabled DistinguishedUserNotSupported',
  ),
  ...group(
    'permanent',
    'LocationNotDetermined',
    'mailbox',
    'Exchange could not find the server of the mailbox. Enter the location in the profile.',
    'AutoDiscoverFailed ArchiveMailboxServiceDiscoveryFailed PublicFolderMailboxDiscoveryFailed',
  ),
  ...group('full', 'ErrorQuotaExceeded', 'mailbox', 'The mailbox is full. Free space in it.', 'QuotaExceeded'),
  ...group(
    'throttled',
    'ErrorSubmissionQuotaExceeded',
    'mailbox',
    'The mailbox has sent as much as its policy allows for now. It is tried again later.',
    'SubmissionQuotaExceeded',
  ),
  ...group(
    'tooLarge',
    'MessageTooLarge',
    'item',
    'The message is larger than Exchange takes. Send it with fewer or smaller attachments, or raise the limits of the server.',
    'MessageSizeExceeded AttachmentSizeLimitExceeded AttachmentNestLevelLimitExceeded DataSizeLimitExceeded RequestStreamTooBig',
  ),
  ...group(
    'denied',
    'ErrorSendAsDenied',
    'item',
    'The mailbox may not send as this sender. Give it the right Send As or Send on Behalf in Exchange.',
    'SendAsDenied',
  ),
  ...group(
    'permanent',
    'MessageRefused',
    'item',
    'Exchange does not take this message. Correct its recipients or its content.',
    'MissingRecipients InvalidRecipients InvalidReferenceItem InvalidRoutingType InvalidItemForOperationSendItem InvalidItemForOperationCreateItem MimeContentInvalid MimeContentInvalidBase64String VirusDetected VirusMessageDeleted InvalidPropertyUpdateSentMessage RequiredPropertyMissing PropertyValidationFailure ItemSavePropertyError',
  ),
  ...group(
    'permanent',
    'MessageRefused',
    'item',
    'Exchange cannot read this message: it is damaged in the mailbox. Repair it there (New-MailboxRepairRequest) or leave it out.',
    'ItemCorrupt CorruptData ContentConversionFailed MimeContentConversionFailed UnsupportedMimeConversion UnsupportedTypeForConversion ItemPropertyRequestFailed NoPropertyTagForCustomProperties',
  ),
  ...group(
    'notFound',
    'ItemNotFound',
    'item',
    'The item was deleted or moved meanwhile.',
    'ItemNotFound InvalidId InvalidIdEmpty InvalidIdMalformed InvalidIdMalformedEwsLegacyIdFormat InvalidIdMonikerTooLong InvalidIdStoreObjectIdTooLong InvalidIdTooManyAttachmentLevels InvalidIdXml InvalidIdNotAnItemAttachmentId InvalidIdReturnedByResolveNames InvalidAttachmentId CannotUseFolderIdForItemId ObjectTypeChanged CannotOpenFileAttachment',
  ),
  ...group(
    'notFound',
    'FolderNotFound',
    'item',
    'The folder was deleted meanwhile, or never existed; read the folders again.',
    'FolderNotFound SyncFolderNotFound ParentFolderNotFound ToFolderNotFound SavedItemFolderNotFound InvalidFolderId InvalidParentFolder FolderCorrupt CannotUseItemIdForFolderId CannotAccessDeletedPublicFolder ManagedFolderNotFound ParentFolderIdRequired FolderPropertRequestFailed CannotGetSourceFolderPath InvalidFolderTypeForOperation NoCalendar',
  ),
  ...group(
    'cursorLost',
    'CursorLost',
    'item',
    'Exchange does not know the state of synchronization any more. The folder is listed again.',
    'InvalidSyncStateData',
  ),
  ...group(
    'conflict',
    'ErrorInternalServerTransientError',
    'item',
    'The item was changed by somebody else at the same moment. It is tried again.',
    'IrresolvableConflict StaleObject ChangeKeyRequired ChangeKeyRequiredForWriteOperations InvalidChangeKey FolderExists PropertyUpdate FolderSavePropertyError',
  ),
  ...group(
    'unsupported',
    'NotSupported',
    'mailbox',
    'This version of Exchange, or this kind of access, cannot do that.',
    'InvalidServerVersion IncorrectSchemaVersion InvalidSchemaVersionForMailboxVersion SubscriptionDelegateAccessNotSupported InvalidOperation UnsupportedPropertyDefinition UnsupportedMapiPropertyType UnsupportedPathForQuery UnsupportedPathForSortGroup UnsupportedQueryFilter UnsupportedSubFilter UnsupportedCulture MailTipsDisabled CannotSpecifySearchFolderAsSourceFolder CrossMailboxMoveCopy MoveDistinguishedFolder DeleteDistinguishedFolder NoFolderClassOverride OperationNotAllowedWithPublicFolderRoot',
  ),
  ...group(
    'permanent',
    'NotSupported',
    'mailbox',
    'Exchange does not accept what was asked: a fault of this program. Please report it with this text.',
    'SchemaValidation InvalidRequest InvalidArgument MissingArgument InvalidPropertyRequest InvalidPropertySet InvalidPropertyAppend InvalidPropertyDelete InvalidPropertyForExists InvalidPropertyForOperation InvalidExtendedProperty InvalidExtendedPropertyValue InvalidValueForProperty InvalidRestriction InvalidExcludesRestriction ContainsFilterWrongType RestrictionTooLong RestrictionTooComplex QueryFilterTooLong ResultSetTooBig ExceededFindCountLimit InvalidIndexedPagingParameters InvalidFractionalPagingParameters InvalidPagingMaxRows IncorrectUpdatePropertyCount UpdatePropertyMismatch MessageDispositionRequired InvalidSendItemSaveSettings InvalidSubscriptionRequest InvalidPushSubscriptionUrl InvalidInternetHeaderChildNodes DuplicateInputFolderNames DuplicateSOAPHeader ValueOutOfRange',
  ),
])

const CALENDAR: Meaning = {
  kind: 'permanent',
  code: 'MessageRefused',
  scope: 'item',
  words: 'Exchange does not take this change of a calendar item. Correct the item.',
}

const UNKNOWN: Meaning = {
  kind: 'transient',
  code: 'ErrorInternalServerTransientError',
  scope: 'mailbox',
  words: 'It is tried again; if it lasts, look the code up in the documentation of Exchange Web Services.',
}

/** Codes by which Exchange says of one item, too, that it stumbled over it; the others of their kind are the mailbox's. */
const STUMBLES =
  /^Error(InternalServer(Transient)?Error|ItemSave|MoveCopyFailed|DeleteItemsFailed|DataSourceOperation)$/

/** Whether a failure that passes may be that of the one item it answers, and not of the mailbox. */
export const isStumble = (responseCode: string): boolean =>
  STUMBLES.test(responseCode) || meaningOf(responseCode) === UNKNOWN

/** What a response code means. One that is not known is tried again: a new one is not a reason to give a mailbox up. */
export function meaningOf(responseCode: string): Meaning {
  return (
    MEANINGS.get(responseCode) ?? (/^Error(Calendar|Occurrence|Recurrence)/.test(responseCode) ? CALENDAR : UNKNOWN)
  )
}

/** What Exchange answers for one item of a request: a ResponseCode and a sentence; the others are carried out. */
export class EwsFailure extends Error {
  override readonly name = 'EwsFailure'
  readonly code: string
  /** What MessageXml says in `t:Value` elements. */
  readonly values: Readonly<Record<string, string>>

  constructor(code: string, message?: string, values: Readonly<Record<string, string>> = {}) {
    super(message ?? SENTENCES[code] ?? 'The request failed.')
    this.code = code
    this.values = values
  }
}

/** The whole request is refused: HTTP 500 with a SOAP fault. */
export class SoapFault extends EwsFailure {
  /** Place and wording of a violation of the schema. */
  readonly violation: { line: number; column: number; text: string } | undefined

  constructor(
    code: string,
    message?: string,
    details: { values?: Readonly<Record<string, string>>; violation?: SoapFault['violation'] } = {},
  ) {
    super(code, message, details.values)
    this.violation = details.violation
  }
}

/** The request is not answered with SOAP at all: malformed XML, no envelope. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

/** Exchange's own sentences. */
const SENTENCES: Readonly<Record<string, string>> = {
  ErrorAccessDenied: 'Access is denied. Check credentials and try again.',
  ErrorAffectedTaskOccurrencesRequired: 'AffectedTaskOccurrences attribute is required for Task items.',
  ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange: 'Occurrence index is out of recurrence range.',
  ErrorCalendarOccurrenceIsDeletedFromRecurrence:
    'Occurrence with this index was previously deleted from the recurrence.',
  ErrorCalendarEndDateIsEarlierThanStartDate: 'EndDate is earlier than StartDate',
  ErrorCannotDeleteObject: 'Object cannot be deleted.',
  ErrorChangeKeyRequired: 'The change key passed in the request is required for this operation.',
  ErrorChangeKeyRequiredForWriteOperations:
    'The change key passed in the request is required for this write operation.',
  ErrorDeleteDistinguishedFolder: 'Distinguished folders cannot be deleted.',
  ErrorMoveDistinguishedFolder: 'Distinguished folders cannot be moved.',
  ErrorFolderExists: 'A folder with the specified name already exists.',
  ErrorFolderNotFound: 'The specified folder could not be found in the store.',
  ErrorImpersonateUserDenied: 'The account does not have permission to impersonate the requested user.',
  ErrorImpersonationFailed:
    'Exchange Web Services are not currently available for this request because none of the Client Access Servers in the destination site could process the request.',
  ErrorInvalidAttachmentId: 'The attachment Id is invalid.',
  ErrorInvalidChangeKey: 'The change key is invalid.',
  ErrorInvalidIdMalformed: 'Id is malformed.',
  ErrorInvalidPropertyDelete: 'Property can not be deleted.',
  ErrorInvalidPropertySet: 'Set action is invalid for property.',
  ErrorInvalidPropertyAppend: 'Append action is invalid for property.',
  ErrorInvalidPropertyForOperation: 'Property is not valid for this operation.',
  ErrorInvalidPropertyRequest: 'Property is not valid for this object type.',
  ErrorInvalidRecipients: 'At least one recipient is not valid.',
  ErrorInvalidServerVersion: 'The specified server version is invalid.',
  ErrorInvalidSubscription: 'The specified subscription is not valid.',
  ErrorInvalidSyncStateData: 'Synchronization state data is corrupt or otherwise invalid.',
  ErrorInvalidWatermark: 'The watermark used for creating this subscription was not found.',
  ErrorIrresolvableConflict:
    'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
  ErrorItemNotFound: 'The specified object was not found in the store.',
  ErrorItemSave: 'An error occurred while trying to save the item.',
  ErrorMailboxMoveInProgress: 'Mailbox move in progress. Try again later.',
  ErrorMailboxStoreUnavailable: 'The mailbox database is temporarily unavailable.',
  ErrorMessageDispositionRequired: 'Message disposition is required for the specified item type.',
  ErrorMessageSizeExceeded: 'The message exceeds the maximum supported size.',
  ErrorMissingRecipients: 'No recipients were specified.',
  ErrorMimeContentInvalid: 'The mime content is invalid.',
  ErrorMimeContentInvalidBase64String: 'The mime content is not a valid base64 string.',
  ErrorNameResolutionNoResults: 'No results were found.',
  ErrorNameResolutionMultipleResults: 'Multiple results were found.',
  ErrorNonExistentMailbox: 'The SMTP address has no mailbox associated with it.',
  ErrorObjectTypeChanged: 'The object type changed.',
  ErrorQuotaExceeded: 'The mailbox quota has been exceeded.',
  ErrorSendAsDenied:
    'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.',
  ErrorSendMeetingInvitationsRequired: 'SendMeetingInvitations attribute is required for calendar items.',
  ErrorSendMeetingInvitationsOrCancellationsRequired:
    'SendMeetingInvitationsOrCancellations attribute is required for calendar items.',
  ErrorSendMeetingCancellationsRequired: 'SendMeetingCancellations attribute is required for calendar items.',
  ErrorServerBusy: 'The server cannot service this request right now. Try again later.',
  ErrorStaleObject: 'The item has been changed by another process. Reload the item and try again.',
  ErrorSubscriptionNotFound: 'The specified subscription was not found.',
  ErrorSyncFolderNotFound: 'The specified synchronization folder could not be found in the store.',
  ErrorToFolderNotFound: 'The specified folder could not be found in the store.',
  ErrorParentFolderNotFound: 'The specified parent folder could not be found.',
  ErrorSavedItemFolderNotFound: 'The folder to save the item in could not be found.',
  ErrorUnsupportedPropertyDefinition: 'The property definition is not supported.',
  ErrorUnsupportedPathForQuery: 'The requested path is not supported for this query.',
}

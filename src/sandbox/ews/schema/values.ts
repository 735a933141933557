/**
 * Simple types: the values that may stand in an attribute or element.
 * The notation is told in `notation.ts`.
 */
export const values = `
FolderQueryTraversalType = Shallow | Deep | SoftDeleted
DisposalType = HardDelete | SoftDelete | MoveToDeletedItems
MaxSyncChangesReturnedType = int
SyncFolderItemsScopeType = NormalItems | NormalAndAssociatedItems
ItemQueryTraversalType = Shallow | SoftDeleted | Associated
MessageDispositionType = SaveOnly | SendOnly | SendAndSaveCopy
CalendarItemCreateOrDeleteOperationType = SendToNone | SendOnlyToAll | SendToAllAndSaveCopy
ConflictResolutionType = NeverOverwrite | AutoResolve | AlwaysOverwrite
CalendarItemUpdateOperationType = SendToNone | SendOnlyToAll | SendOnlyToChanged | SendToAllAndSaveCopy |
  SendToChangedAndSaveCopy
AffectedTaskOccurrencesType = AllOccurrences | SpecifiedOccurrenceOnly
UserConfigurationPropertyType = list Id | Dictionary | XmlData | BinaryData | All
SubscriptionIdType = NonEmptyStringType
WatermarkType = NonEmptyStringType
StreamingSubscriptionConnectionTimeoutType = int
NonEmptyStringType = string nonempty
ResolveNamesSearchScopeType = ActiveDirectory | ActiveDirectoryContacts | Contacts | ContactsActiveDirectory
DefaultShapeNamesType = IdOnly | Default | AllProperties | PcxPeopleSearch
IdFormatType = EwsLegacyId | EwsId | EntryId | HexEntryId | StoreId | OwaId
IndexBasePointType = Beginning | End
BodyTypeResponseType = Best | HTML | Text
SubscriptionTimeoutType = int
FreeBusyViewType = list None | MergedOnly | FreeBusy | FreeBusyMerged | Detailed | DetailedMerged
SuggestionQuality = Excellent | Good | Fair | Poor
ContainmentModeType = FullString | Prefixed | Substring | PrefixOnWords | ExactPhrase
ContainmentComparisonType = Exact | IgnoreCase | IgnoreNonSpacingCharacters | Loose |
  IgnoreCaseAndNonSpacingCharacters | LooseAndIgnoreCase | LooseAndIgnoreNonSpace |
  LooseAndIgnoreCaseAndIgnoreNonSpace
CalendarPermissionReadAccessType = None | TimeOnly | TimeAndSubjectAndLocation | FullDetails
PermissionReadAccessType = None | FullDetails
SortDirectionType = Ascending | Descending
DerivedItemIdType = string
ItemClassType = string
SensitivityChoicesType = Normal | Personal | Private | Confidential
ImportanceChoicesType = Low | Normal | High
ReminderMinutesBeforeStartType = string
IconIndexType = string
InferenceClassificationType = Focused | Other
LegacyFreeBusyType = Free | Tentative | Busy | OOF | WorkingElsewhere | NoData
CalendarItemTypeType = Single | Occurrence | Exception | RecurringMaster
ResponseTypeType = Unknown | Organizer | Tentative | Accept | Decline | NoResponseReceived
FileAsMappingType = None | LastCommaFirst | FirstSpaceLast | Company | LastCommaFirstCompany | CompanyLastFirst |
  LastFirst | LastFirstCompany | CompanyLastCommaFirst | LastFirstSuffix | LastSpaceFirstCompany |
  CompanyLastSpaceFirst | LastSpaceFirst | DisplayName | FirstName | LastFirstMiddleSuffix | LastName | Empty
ContactSourceType = ActiveDirectory | Store
PhysicalAddressIndexType = None | Home | Business | Other
GuidType = string
MeetingRequestTypeType = None | FullUpdate | InformationalUpdate | NewMeetingRequest | Outdated | SilentUpdate |
  PrincipalWantsCopy
TaskDelegateStateType = NoMatch | OwnNew | Owned | Accepted | Declined | Max
TaskStatusType = NotStarted | InProgress | Completed | WaitingOnOthers | Deferred
NotificationEventTypeType = CopiedEvent | CreatedEvent | DeletedEvent | ModifiedEvent | MovedEvent | NewMailEvent |
  FreeBusyChangedEvent
DayOfWeekType = Sunday | Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Day | Weekday | WeekendDay
MeetingAttendeeType = Organizer | Required | Optional | Room | Resource
MailboxTypeType = Unknown | OneOff | Mailbox | PublicDL | PrivateDL | Contact | PublicFolder | GroupMailbox |
  ImplicitContact
ExcludesAttributeType = string
BodyTypeType = HTML | Text
FlagStatusType = NotFlagged | Flagged | Complete
DayOfWeekIndexType = First | Second | Third | Fourth | Last
MonthNamesType = January | February | March | April | May | June | July | August | September | October | November |
  December
DaysOfWeekType = list DayOfWeekType
EmailAddressKeyType = EmailAddress1 | EmailAddress2 | EmailAddress3
PhysicalAddressKeyType = Home | Business | Other
PhoneNumberKeyType = AssistantPhone | BusinessFax | BusinessPhone | BusinessPhone2 | Callback | CarPhone |
  CompanyMainPhone | HomeFax | HomePhone | HomePhone2 | Isdn | MobilePhone | OtherFax | OtherTelephone | Pager |
  PrimaryPhone | RadioPhone | Telex | TtyTddPhone | BusinessMobile | IPPhone | Mms | Msn
ImAddressKeyType = ImAddress1 | ImAddress2 | ImAddress3
ContactUrlKeyType = Personal | Business | Attachment | EbcDisplayDefinition | EbcFinalImage | EbcLogo | Feed | Image
  | InternalMarker | Other
MemberStatusType = Unrecognized | Normal | Demoted
UserConfigurationDictionaryObjectTypesType = DateTime | Boolean | Byte | String | Integer32 | UnsignedInteger32 |
  Integer64 | UnsignedInteger64 | StringArray | ByteArray
TransitionTargetKindType = Period | Group
`

/**
 * Messages, appointments, contacts, tasks and what they consist of, in the order Exchange wants it ([MS-OXWSCDATA]).
 * The notation is told in `notation.ts`.
 */
export const items = `
TimeZoneContextType : TimeZoneDefinition=TimeZoneDefinitionType
NonEmptyArrayOfAttachmentsType : (ItemAttachment=ItemAttachmentType | FileAttachment=FileAttachmentType |
  ReferenceAttachment=ReferenceAttachmentType)+
TimeZoneDefinitionType : @Id? @Name? (Periods=NonEmptyArrayOfPeriodsType
  TransitionsGroups=ArrayOfTransitionsGroupsType? Transitions=ArrayOfTransitionsType?)?
ItemType : MimeContent=MimeContentType? ItemId=ItemIdType? ParentFolderId=FolderIdType? ItemClass=ItemClassType?
  Subject? Sensitivity=SensitivityChoicesType? Body=BodyType? Attachments=NonEmptyArrayOfAttachmentsType?
  DateTimeReceived=dateTime? Size=int? Categories=ArrayOfStringsType? Importance=ImportanceChoicesType? InReplyTo?
  IsSubmitted=boolean? IsDraft=boolean? IsFromMe=boolean? IsResend=boolean? IsUnmodified=boolean?
  InternetMessageHeaders=NonEmptyArrayOfInternetHeadersType? DateTimeSent=dateTime? DateTimeCreated=dateTime?
  ResponseObjects=NonEmptyArrayOfResponseObjectsType? ReminderDueBy=dateTime? ReminderIsSet=boolean?
  ReminderNextTime=dateTime? ReminderMinutesBeforeStart=ReminderMinutesBeforeStartType? DisplayCc? DisplayTo?
  DisplayBcc? HasAttachments=boolean? ExtendedProperty=ExtendedPropertyType* Culture=language?
  EffectiveRights=EffectiveRightsType? LastModifiedName? LastModifiedTime=dateTime? IsAssociated=boolean?
  WebClientReadFormQueryString? WebClientEditFormQueryString? ConversationId=ItemIdType? UniqueBody=BodyType?
  Flag=FlagType? StoreEntryId=base64Binary? InstanceKey=base64Binary? NormalizedBody=BodyType?
  EntityExtractionResult=EntityExtractionResultType? PolicyTag=RetentionTagType? ArchiveTag=RetentionTagType?
  RetentionDate=dateTime? Preview? RightsManagementLicenseData=RightsManagementLicenseDataType?
  PredictedActionReasons=NonEmptyArrayOfPredictedActionReasonType? IsClutter=boolean? BlockStatus=boolean?
  HasBlockedImages=boolean? TextBody=BodyType? IconIndex=IconIndexType? SearchKey=base64Binary? SortKey=long?
  Hashtags=ArrayOfStringsType? Mentions=ArrayOfRecipientsType? MentionedMe=boolean?
  MentionsPreview=MentionsPreviewType? MentionsEx=NonEmptyArrayOfMentionActionsType?
  AppliedHashtags=NonEmptyArrayOfAppliedHashtagType? AppliedHashtagsPreview=AppliedHashtagsPreviewType?
  Likes=NonEmptyArrayOfLikeType? LikesPreview=LikesPreviewType? PendingSocialActivityTagIds=ArrayOfStringsType?
  AtAllMention=boolean? CanDelete=boolean? InferenceClassification=InferenceClassificationType?
MessageType < ItemType : Sender=SingleRecipientType? ToRecipients=ArrayOfRecipientsType?
  CcRecipients=ArrayOfRecipientsType? BccRecipients=ArrayOfRecipientsType? IsReadReceiptRequested=boolean?
  IsDeliveryReceiptRequested=boolean? ConversationIndex=base64Binary? ConversationTopic? From=SingleRecipientType?
  InternetMessageId? IsRead=boolean? IsResponseRequested=boolean? References? ReplyTo=ArrayOfRecipientsType?
  ReceivedBy=SingleRecipientType? ReceivedRepresenting=SingleRecipientType?
  ApprovalRequestData=ApprovalRequestDataType? VotingInformation=VotingInformationType?
  ReminderMessageData=ReminderMessageDataType? MessageSafety=MessageSafetyType? SenderSMTPAddress=SmtpAddressType?
  MailboxGuids=MessageType.MailboxGuids? PublishedCalendarItemIcs? PublishedCalendarItemName?
CalendarItemType < ItemType : UID? RecurrenceId=dateTime? DateTimeStamp=dateTime? Start=dateTime? End=dateTime?
  OriginalStart=dateTime? IsAllDayEvent=boolean? LegacyFreeBusyStatus=LegacyFreeBusyType? Location? When?
  IsMeeting=boolean? IsCancelled=boolean? IsRecurring=boolean? MeetingRequestWasSent=boolean?
  IsResponseRequested=boolean? CalendarItemType=CalendarItemTypeType? MyResponseType=ResponseTypeType?
  Organizer=SingleRecipientType? RequiredAttendees=NonEmptyArrayOfAttendeesType?
  OptionalAttendees=NonEmptyArrayOfAttendeesType? Resources=NonEmptyArrayOfAttendeesType?
  InboxReminders=ArrayOfInboxReminderType? ConflictingMeetingCount=int? AdjacentMeetingCount=int?
  ConflictingMeetings=NonEmptyArrayOfAllItemsType? AdjacentMeetings=NonEmptyArrayOfAllItemsType? Duration? TimeZone?
  AppointmentReplyTime=dateTime? AppointmentSequenceNumber=int? AppointmentState=int? Recurrence=RecurrenceType?
  FirstOccurrence=OccurrenceInfoType? LastOccurrence=OccurrenceInfoType?
  ModifiedOccurrences=NonEmptyArrayOfOccurrenceInfoType? DeletedOccurrences=NonEmptyArrayOfDeletedOccurrencesType?
  MeetingTimeZone=TimeZoneType? StartTimeZone=TimeZoneDefinitionType? EndTimeZone=TimeZoneDefinitionType?
  ConferenceType=int? AllowNewTimeProposal=boolean? IsOnlineMeeting=boolean? MeetingWorkspaceUrl? NetShowUrl?
  EnhancedLocation=EnhancedLocationType? StartWallClock=dateTime? EndWallClock=dateTime? StartTimeZoneId?
  EndTimeZoneId? IntendedFreeBusyStatus=LegacyFreeBusyType? JoinOnlineMeetingUrl?
  OnlineMeetingSettings=OnlineMeetingSettingsType? IsOrganizer=boolean?
  CalendarActivityData=CalendarActivityDataType? DoNotForwardMeeting=boolean?
ContactItemType < ItemType : FileAs? FileAsMapping=FileAsMappingType? DisplayName? GivenName? Initials? MiddleName?
  Nickname? CompleteName=CompleteNameType? CompanyName? EmailAddresses=EmailAddressDictionaryType?
  AbchEmailAddresses=AbchEmailAddressDictionaryType? PhysicalAddresses=PhysicalAddressDictionaryType?
  PhoneNumbers=PhoneNumberDictionaryType? AssistantName? Birthday=dateTime? BusinessHomePage=anyURI?
  Children=ArrayOfStringsType? Companies=ArrayOfStringsType? ContactSource=ContactSourceType? Department?
  Generation? ImAddresses=ImAddressDictionaryType? JobTitle? Manager? Mileage? OfficeLocation?
  PostalAddressIndex=PhysicalAddressIndexType? Profession? SpouseName? Surname? WeddingAnniversary=dateTime?
  HasPicture=boolean? PhoneticFullName? PhoneticFirstName? PhoneticLastName? Alias? Notes? Photo=base64Binary?
  UserSMIMECertificate=ArrayOfBinaryType? MSExchangeCertificate=ArrayOfBinaryType? DirectoryId?
  ManagerMailbox=SingleRecipientType? DirectReports=ArrayOfRecipientsType? AccountName?
  IsAutoUpdateDisabled=boolean? IsMessengerEnabled=boolean? Comment? ContactShortId=int? ContactType? Gender?
  IsHidden=boolean? ObjectId? PassportId=long? IsPrivate=boolean? SourceId? TrustLevel=int? CreatedBy?
  Urls=ContactUrlDictionaryType? Cid=long? SkypeAuthCertificate? SkypeContext? SkypeId? SkypeRelationship?
  YomiNickname? XboxLiveTag? InviteFree=boolean? HidePresenceAndProfile=boolean? IsPendingOutbound=boolean?
  SupportGroupFeeds=boolean? UserTileHash? UnifiedInbox=boolean? Mris=ArrayOfStringsType? Wlid?
  AbchContactId=GuidType? NotInBirthdayCalendar=boolean? ShellContactType? ImMri? PresenceTrustLevel=int? OtherMri?
  ProfileLastChanged? MobileIMEnabled=boolean? PartnerNetworkProfilePhotoUrl? PartnerNetworkThumbnailPhotoUrl?
  PersonId? ConversationGuid=GuidType?
DistributionListType < ItemType : DisplayName? FileAs? ContactSource=ContactSourceType? Members=MembersListType?
MeetingMessageType < MessageType : AssociatedCalendarItemId=ItemIdType? IsDelegated=boolean? IsOutOfDate=boolean?
  HasBeenProcessed=boolean? ResponseType=ResponseTypeType? UID? RecurrenceId=dateTime? DateTimeStamp=dateTime?
  IsOrganizer=boolean?
MeetingRequestMessageType < MeetingMessageType : MeetingRequestType=MeetingRequestTypeType?
  IntendedFreeBusyStatus=LegacyFreeBusyType? Start=dateTime? End=dateTime? OriginalStart=dateTime?
  IsAllDayEvent=boolean? LegacyFreeBusyStatus=LegacyFreeBusyType? Location? When? IsMeeting=boolean?
  IsCancelled=boolean? IsRecurring=boolean? MeetingRequestWasSent=boolean? CalendarItemType=CalendarItemTypeType?
  MyResponseType=ResponseTypeType? Organizer=SingleRecipientType? RequiredAttendees=NonEmptyArrayOfAttendeesType?
  OptionalAttendees=NonEmptyArrayOfAttendeesType? Resources=NonEmptyArrayOfAttendeesType?
  ConflictingMeetingCount=int? AdjacentMeetingCount=int? ConflictingMeetings=NonEmptyArrayOfAllItemsType?
  AdjacentMeetings=NonEmptyArrayOfAllItemsType? Duration? TimeZone? AppointmentReplyTime=dateTime?
  AppointmentSequenceNumber=int? AppointmentState=int? Recurrence=RecurrenceType?
  FirstOccurrence=OccurrenceInfoType? LastOccurrence=OccurrenceInfoType?
  ModifiedOccurrences=NonEmptyArrayOfOccurrenceInfoType? DeletedOccurrences=NonEmptyArrayOfDeletedOccurrencesType?
  MeetingTimeZone=TimeZoneType? StartTimeZone=TimeZoneDefinitionType? EndTimeZone=TimeZoneDefinitionType?
  ConferenceType=int? AllowNewTimeProposal=boolean? IsOnlineMeeting=boolean? MeetingWorkspaceUrl? NetShowUrl?
  EnhancedLocation=EnhancedLocationType? ChangeHighlights=ChangeHighlightsType? StartWallClock=dateTime?
  EndWallClock=dateTime? StartTimeZoneId? EndTimeZoneId? DoNotForwardMeeting=boolean?
MeetingResponseMessageType < MeetingMessageType : Start=dateTime? End=dateTime? Location? Recurrence=RecurrenceType?
  CalendarItemType? ProposedStart=dateTime? ProposedEnd=dateTime? EnhancedLocation=EnhancedLocationType?
MeetingCancellationMessageType < MeetingMessageType : Start=dateTime? End=dateTime? Location?
  Recurrence=RecurrenceType? CalendarItemType? EnhancedLocation=EnhancedLocationType? DoNotForwardMeeting=boolean?
TaskType < ItemType : ActualWork=int? AssignedTime=dateTime? BillingInformation? ChangeCount=int?
  Companies=ArrayOfStringsType? CompleteDate=dateTime? Contacts=ArrayOfStringsType?
  DelegationState=TaskDelegateStateType? Delegator? DueDate=dateTime? IsAssignmentEditable=int? IsComplete=boolean?
  IsRecurring=boolean? IsTeamTask=boolean? Mileage? Owner? PercentComplete=double? Recurrence=TaskRecurrenceType?
  StartDate=dateTime? Status=TaskStatusType? StatusDescription? TotalWork=int?
ReplyToItemType < SmartResponseType :
ForwardItemType < SmartResponseType :
ReplyAllToItemType < SmartResponseType : IsSpecificMessageReply=boolean?
AcceptItemType < MeetingRegistrationResponseObjectType :
TentativelyAcceptItemType < MeetingRegistrationResponseObjectType :
DeclineItemType < MeetingRegistrationResponseObjectType :
CancelCalendarItemType < SmartResponseType :
RemoveItemType < ResponseObjectType :
SuppressReadReceiptType < ReferenceItemResponseType :
AcceptSharingInvitationType < ReferenceItemResponseType :
RequestAttachmentIdType < BaseItemIdType : @Id
ItemAttachmentType < AttachmentType : (Item=ItemType | Message=MessageType | SharingMessage=SharingMessageType |
  CalendarItem=CalendarItemType | Contact=ContactItemType | MeetingMessage=MeetingMessageType |
  MeetingRequest=MeetingRequestMessageType | MeetingResponse=MeetingResponseMessageType |
  MeetingCancellation=MeetingCancellationMessageType | Task=TaskType | PostItem=PostItemType |
  RoleMember=RoleMemberItemType | Network=NetworkItemType | Person=AbchPersonItemType)?
FileAttachmentType < AttachmentType : IsContactPhoto=boolean? Content=base64Binary?
NonEmptyArrayOfPeriodsType : Period=PeriodType+
ArrayOfTransitionsGroupsType : TransitionsGroup=ArrayOfTransitionsType+
ArrayOfTransitionsType : @Id? (Transition=TransitionType | AbsoluteDateTransition=AbsoluteDateTransitionType |
  RecurringDayTransition=RecurringDayTransitionType | RecurringDateTransition=RecurringDateTransitionType)+
EmailAddressType < BaseEmailAddressType : Name? EmailAddress=NonEmptyStringType? RoutingType=NonEmptyStringType?
  MailboxType=MailboxTypeType? ItemId=ItemIdType? OriginalDisplayName?
MimeContentType : @CharacterSet? #string
BodyType : @BodyType=BodyTypeType @IsTruncated=boolean? #string
ArrayOfStringsType : String*
NonEmptyArrayOfInternetHeadersType : InternetMessageHeader=InternetHeaderType+
NonEmptyArrayOfResponseObjectsType : (AcceptItem=AcceptItemType | TentativelyAcceptItem=TentativelyAcceptItemType |
  DeclineItem=DeclineItemType | ReplyToItem=ReplyToItemType | ForwardItem=ForwardItemType |
  ReplyAllToItem=ReplyAllToItemType | CancelCalendarItem=CancelCalendarItemType | RemoveItem=RemoveItemType |
  SuppressReadReceipt=SuppressReadReceiptType | PostReplyItem=PostReplyItemType |
  AcceptSharingInvitation=AcceptSharingInvitationType | AddItemToMyCalendar=AddItemToMyCalendarType |
  ProposeNewTime=ProposeNewTimeType)*
ExtendedPropertyType : ExtendedFieldURI=PathToExtendedFieldType (Value | Values=NonEmptyArrayOfPropertyValuesType)
FlagType : FlagStatus=FlagStatusType StartDate=dateTime? DueDate=dateTime? CompleteDate=dateTime?
ArrayOfRecipientsType : Mailbox=EmailAddressType*
MentionsPreviewType : IsMentioned=boolean
NonEmptyArrayOfMentionActionsType : MentionAction=MentionActionType+
NonEmptyArrayOfAppliedHashtagType : AppliedHashtag=AppliedHashtagType+
AppliedHashtagsPreviewType : Hashtags=ArrayOfStringsType
NonEmptyArrayOfLikeType : Like=LikeType+
LikesPreviewType : LikeCount=int
SingleRecipientType : Mailbox=EmailAddressType
MessageSafetyType : MessageSafetyLevel=int? MessageSafetyReason=int? Info?
MessageType.MailboxGuids : MailboxGuid=GuidType+
NonEmptyArrayOfAttendeesType : Attendee=AttendeeType+
RecurrenceType : %Pattern %Range
OccurrenceInfoType : ItemId=ItemIdType Start=dateTime End=dateTime OriginalStart=dateTime
NonEmptyArrayOfOccurrenceInfoType : Occurrence=OccurrenceInfoType+
NonEmptyArrayOfDeletedOccurrencesType : DeletedOccurrence=DeletedOccurrenceInfoType+
TimeZoneType : @TimeZoneName? (BaseOffset=duration (Standard=TimeChangeType Daylight=TimeChangeType)?)?
EnhancedLocationType : DisplayName Annotation? PostalAddress=PersonaPostalAddressType?
CalendarActivityDataType : ActivityAction ClientId CasRequestId=GuidType IndexSelected=int
CompleteNameType : Title? FirstName? MiddleName? LastName? Suffix? Initials? FullName? Nickname? YomiFirstName?
  YomiLastName?
EmailAddressDictionaryType : Entry=EmailAddressDictionaryEntryType+
PhysicalAddressDictionaryType : Entry=PhysicalAddressDictionaryEntryType+
PhoneNumberDictionaryType : Entry=PhoneNumberDictionaryEntryType+
ImAddressDictionaryType : Entry=ImAddressDictionaryEntryType+
ContactUrlDictionaryType : Url=ContactUrlDictionaryEntryType+
MembersListType : Member=MemberType*
ChangeHighlightsType : HasLocationChanged=boolean? Location? HasStartTimeChanged=boolean? Start=dateTime?
  HasEndTimeChanged=boolean? End=dateTime?
TaskRecurrenceType : (RelativeYearlyRecurrence=RelativeYearlyRecurrencePatternType |
  AbsoluteYearlyRecurrence=AbsoluteYearlyRecurrencePatternType |
  RelativeMonthlyRecurrence=RelativeMonthlyRecurrencePatternType |
  AbsoluteMonthlyRecurrence=AbsoluteMonthlyRecurrencePatternType | WeeklyRecurrence=WeeklyRecurrencePatternType |
  DailyRecurrence=DailyRecurrencePatternType | DailyRegeneration=DailyRegeneratingPatternType |
  WeeklyRegeneration=WeeklyRegeneratingPatternType | MonthlyRegeneration=MonthlyRegeneratingPatternType |
  YearlyRegeneration=YearlyRegeneratingPatternType) %Range
SmartResponseType < SmartResponseBaseType : NewBodyContent=BodyType?
MeetingRegistrationResponseObjectType < WellKnownResponseObjectType : ProposedStart=dateTime? ProposedEnd=dateTime?
ResponseObjectType < ResponseObjectCoreType : @ObjectName?
ReferenceItemResponseType : @ObjectName? ReferenceItemId=ItemIdType?
AttachmentType : AttachmentId=AttachmentIdType? Name? ContentType? ContentId? ContentLocation?
  AttachmentOriginalUrl? Size=int? LastModifiedTime=dateTime? IsInline=boolean?
PeriodType : @Bias=duration? @Name? @Id?
TransitionType : To=TransitionTargetType
AbsoluteDateTransitionType < TransitionType : DateTime=dateTime
RecurringDayTransitionType < RecurringTimeTransitionType : DayOfWeek=DayOfWeekType Occurrence=int
RecurringDateTransitionType < RecurringTimeTransitionType : Day=int
BaseEmailAddressType :
InternetHeaderType : @HeaderName #string
AddItemToMyCalendarType < ResponseObjectType :
ProposeNewTimeType < ResponseObjectType :
NonEmptyArrayOfPropertyValuesType : Value+
AppliedHashtagType : Id CreatedBy=EmailAddressExtendedType CreatedDateTime? ServerCreatedDateTime? DeepLink?
  Application? Tag IsAutoTagged=boolean IsInlined=boolean
AttendeeType : Mailbox=EmailAddressType ResponseType=ResponseTypeType? LastResponseTime=dateTime?
  ProposedStart=dateTime? ProposedEnd=dateTime?
RelativeYearlyRecurrencePatternType < RecurrencePatternBaseType : DaysOfWeek=DayOfWeekType
  DayOfWeekIndex=DayOfWeekIndexType Month=MonthNamesType
AbsoluteYearlyRecurrencePatternType < RecurrencePatternBaseType : DayOfMonth=int Month=MonthNamesType
RelativeMonthlyRecurrencePatternType < IntervalRecurrencePatternBaseType : DaysOfWeek=DayOfWeekType
  DayOfWeekIndex=DayOfWeekIndexType
AbsoluteMonthlyRecurrencePatternType < IntervalRecurrencePatternBaseType : DayOfMonth=int
WeeklyRecurrencePatternType < IntervalRecurrencePatternBaseType : DaysOfWeek=DaysOfWeekType
  FirstDayOfWeek=DayOfWeekType?
DailyRecurrencePatternType < IntervalRecurrencePatternBaseType :
NoEndRecurrenceRangeType < RecurrenceRangeBaseType :
EndDateRecurrenceRangeType < RecurrenceRangeBaseType : EndDate=date
NumberedRecurrenceRangeType < RecurrenceRangeBaseType : NumberOfOccurrences=int
DeletedOccurrenceInfoType : Start=dateTime
TimeChangeType : @TimeZoneName? Offset=duration (RelativeYearlyRecurrence=RelativeYearlyRecurrencePatternType |
  AbsoluteDate=date)? Time=time
EmailAddressDictionaryEntryType : @Key=EmailAddressKeyType @Name? @RoutingType? @MailboxType=MailboxTypeType?
  #string
PhysicalAddressDictionaryEntryType : @Key=PhysicalAddressKeyType Street? City? State? CountryOrRegion? PostalCode?
PhoneNumberDictionaryEntryType : @Key=PhoneNumberKeyType #string
ImAddressDictionaryEntryType : @Key=ImAddressKeyType #string
ContactUrlDictionaryEntryType : Type=ContactUrlKeyType Name? Address?
MemberType : @Key? Mailbox=EmailAddressType? Status=MemberStatusType?
DailyRegeneratingPatternType < RegeneratingPatternBaseType :
WeeklyRegeneratingPatternType < RegeneratingPatternBaseType :
MonthlyRegeneratingPatternType < RegeneratingPatternBaseType :
YearlyRegeneratingPatternType < RegeneratingPatternBaseType :
SmartResponseBaseType : @ObjectName? Subject? Body=BodyType? ToRecipients=ArrayOfRecipientsType?
  CcRecipients=ArrayOfRecipientsType? BccRecipients=ArrayOfRecipientsType? IsReadReceiptRequested=boolean?
  IsDeliveryReceiptRequested=boolean? From=SingleRecipientType? ReferenceItemId=ItemIdType?
WellKnownResponseObjectType : @ObjectName? ItemClass=ItemClassType? Sensitivity=SensitivityChoicesType?
  Body=BodyType? Attachments=NonEmptyArrayOfAttachmentsType?
  InternetMessageHeaders=NonEmptyArrayOfInternetHeadersType? Sender=SingleRecipientType?
  ToRecipients=ArrayOfRecipientsType? CcRecipients=ArrayOfRecipientsType? BccRecipients=ArrayOfRecipientsType?
  IsReadReceiptRequested=boolean? IsDeliveryReceiptRequested=boolean? From=SingleRecipientType?
  ReferenceItemId=ItemIdType?
ResponseObjectCoreType < MessageType : ReferenceItemId=ItemIdType?
AttachmentIdType < RequestAttachmentIdType : @RootItemId? @RootItemChangeKey?
TransitionTargetType : @Kind=TransitionTargetKindType #string
RecurringTimeTransitionType < TransitionType : TimeOffset=duration Month=int
EmailAddressExtendedType < EmailAddressType : ExternalObjectId? PrimaryEmailAddress=NonEmptyStringType?
RecurrencePatternBaseType :
IntervalRecurrencePatternBaseType < RecurrencePatternBaseType : Interval=int
RecurrenceRangeBaseType : StartDate=date
RegeneratingPatternBaseType < IntervalRecurrencePatternBaseType :
`

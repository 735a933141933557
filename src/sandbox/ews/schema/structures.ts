/**
 * What requests are made of beside items: shapes, ids, restrictions, folders, changes, subscriptions ([MS-OXWSCDATA]).
 * The notation is told in `notation.ts`.
 */
export const structures = `
%Path : (FieldURI=PathToUnindexedFieldType | IndexedFieldURI=PathToIndexedFieldType |
  ExtendedFieldURI=PathToExtendedFieldType)
%Search : (SearchExpression=SearchExpressionType | Exists=ExistsType | Excludes=ExcludesType |
  IsEqualTo=IsEqualToType | IsNotEqualTo=IsNotEqualToType | IsGreaterThan=IsGreaterThanType |
  IsGreaterThanOrEqualTo=IsGreaterThanOrEqualToType | IsLessThan=IsLessThanType |
  IsLessThanOrEqualTo=IsLessThanOrEqualToType | Contains=ContainsExpressionType | Not=NotType | And=AndType |
  Or=OrType | Near=NearType)
%Item : (Item=ItemType | Message=MessageType | SharingMessage=SharingMessageType | CalendarItem=CalendarItemType |
  Contact=ContactItemType | DistributionList=DistributionListType | MeetingMessage=MeetingMessageType |
  MeetingRequest=MeetingRequestMessageType | MeetingResponse=MeetingResponseMessageType |
  MeetingCancellation=MeetingCancellationMessageType | Task=TaskType | PostItem=PostItemType |
  RoleMember=RoleMemberItemType | Network=NetworkItemType | Person=AbchPersonItemType)
%Pattern : ((RelativeYearlyRecurrence=RelativeYearlyRecurrencePatternType |
  AbsoluteYearlyRecurrence=AbsoluteYearlyRecurrencePatternType |
  RelativeMonthlyRecurrence=RelativeMonthlyRecurrencePatternType |
  AbsoluteMonthlyRecurrence=AbsoluteMonthlyRecurrencePatternType | WeeklyRecurrence=WeeklyRecurrencePatternType |
  DailyRecurrence=DailyRecurrencePatternType))
%Range : ((NoEndRecurrence=NoEndRecurrenceRangeType | EndDateRecurrence=EndDateRecurrenceRangeType |
  NumberedRecurrence=NumberedRecurrenceRangeType))
ExchangeImpersonationType : ConnectingSID=ConnectingSIDType
FolderResponseShapeType : BaseShape=DefaultShapeNamesType AdditionalProperties=NonEmptyArrayOfPathsToElementType?
NonEmptyArrayOfBaseFolderIdsType : (FolderId=FolderIdType | DistinguishedFolderId=DistinguishedFolderIdType)+
IndexedPageViewType < BasePagingType : @Offset=int @BasePoint=IndexBasePointType
FractionalPageViewType < BasePagingType : @Numerator=int @Denominator=int
RestrictionType : %Search
TargetFolderIdType : (FolderId=FolderIdType | DistinguishedFolderId=DistinguishedFolderIdType |
  AddressListId=AddressListIdType)
NonEmptyArrayOfFoldersType : (Folder=FolderType | CalendarFolder=CalendarFolderType |
  ContactsFolder=ContactsFolderType | SearchFolder=SearchFolderType | TasksFolder=TasksFolderType)+
NonEmptyArrayOfFolderChangesType : FolderChange=FolderChangeType+
ItemResponseShapeType : BaseShape=DefaultShapeNamesType IncludeMimeContent=boolean? BodyType=BodyTypeResponseType?
  UniqueBodyType=BodyTypeResponseType? NormalizedBodyType=BodyTypeResponseType? FilterHtmlContent=boolean?
  ConvertHtmlCodePageToUTF8=boolean? InlineImageUrlTemplate? BlockExternalImages=boolean?
  AddBlankTargetToLinks=boolean? MaximumBodySize=int? AdditionalProperties=NonEmptyArrayOfPathsToElementType?
ArrayOfBaseItemIdsType : ItemId=ItemIdType*
SeekToConditionPageViewType < BasePagingType : @BasePoint=IndexBasePointType Condition=RestrictionType
CalendarViewType < BasePagingType : @StartDate=dateTime @EndDate=dateTime
ContactsViewType < BasePagingType : @InitialName? @FinalName?
NonEmptyArrayOfFieldOrdersType : FieldOrder=FieldOrderType+
NonEmptyArrayOfBaseItemIdsType : (ItemId=ItemIdType | OccurrenceItemId=OccurrenceItemIdType |
  RecurringMasterItemId=RecurringMasterItemIdType | RecurringMasterItemIdRanges=RecurringMasterItemIdRangesType)+
NonEmptyArrayOfAllItemsType : (Item=ItemType | Message=MessageType | SharingMessage=SharingMessageType |
  CalendarItem=CalendarItemType | Contact=ContactItemType | DistributionList=DistributionListType |
  MeetingMessage=MeetingMessageType | MeetingRequest=MeetingRequestMessageType |
  MeetingResponse=MeetingResponseMessageType | MeetingCancellation=MeetingCancellationMessageType | Task=TaskType |
  PostItem=PostItemType | ReplyToItem=ReplyToItemType | ForwardItem=ForwardItemType |
  ReplyAllToItem=ReplyAllToItemType | AcceptItem=AcceptItemType | TentativelyAcceptItem=TentativelyAcceptItemType |
  DeclineItem=DeclineItemType | CancelCalendarItem=CancelCalendarItemType | RemoveItem=RemoveItemType |
  SuppressReadReceipt=SuppressReadReceiptType | PostReplyItem=PostReplyItemType |
  AcceptSharingInvitation=AcceptSharingInvitationType | RoleMember=RoleMemberItemType | Network=NetworkItemType |
  Person=AbchPersonItemType)+
NonEmptyArrayOfItemChangesType : ItemChange=ItemChangeType+
AttachmentResponseShapeType : IncludeMimeContent=boolean? BodyType=BodyTypeResponseType? FilterHtmlContent=boolean?
  AdditionalProperties=NonEmptyArrayOfPathsToElementType?
NonEmptyArrayOfRequestAttachmentIdsType : AttachmentId=RequestAttachmentIdType+
ItemIdType < BaseItemIdType : @Id @ChangeKey?
UserConfigurationNameType < TargetFolderIdType : @Name=NonEmptyStringType
UserConfigurationType : UserConfigurationName=UserConfigurationNameType ItemId=ItemIdType?
  Dictionary=UserConfigurationDictionaryType? XmlData=base64Binary? BinaryData=base64Binary?
PullSubscriptionRequestType < BaseSubscriptionRequestType : Timeout=SubscriptionTimeoutType
StreamingSubscriptionRequestType : @SubscribeToAllFolders=boolean? FolderIds=NonEmptyArrayOfBaseFolderIdsType?
  EventTypes=NonEmptyArrayOfNotificationEventTypesType
NonEmptyArrayOfSubscriptionIdsType : SubscriptionId=SubscriptionIdType+
NonEmptyArrayOfTimeZoneIdType : Id+
NonEmptyArrayOfAlternateIdsType : (AlternateId=AlternateIdType | AlternatePublicFolderId=AlternatePublicFolderIdType
  | AlternatePublicFolderItemId=AlternatePublicFolderItemIdType)+
SerializableTimeZone : Bias=int StandardTime=SerializableTimeZoneTime DaylightTime=SerializableTimeZoneTime
ArrayOfMailboxData : MailboxData=MailboxData*
FreeBusyViewOptionsType : TimeWindow=Duration MergedFreeBusyIntervalInMinutes=int? RequestedView=FreeBusyViewType?
SuggestionsViewOptionsType : GoodThreshold=int? MaximumResultsByDay=int? MaximumNonWorkHourResultsByDay=int?
  MeetingDurationInMinutes=int? MinimumSuggestionQuality=SuggestionQuality? DetailedSuggestionsWindow=Duration
  CurrentMeetingTime=dateTime? GlobalObjectId?
ConnectingSIDType : (PrincipalName=PrincipalNameType | SID=SIDType | PrimarySmtpAddress=PrimarySmtpAddressType |
  SmtpAddress=SmtpAddressType)
NonEmptyArrayOfPathsToElementType : %Path+
FolderIdType < BaseFolderIdType : @Id @ChangeKey?
DistinguishedFolderIdType < BaseFolderIdType : @Id=DistinguishedFolderIdNameType @ChangeKey?
  Mailbox=EmailAddressType?
BasePagingType : @MaxEntriesReturned=int?
SearchExpressionType :
ExistsType < SearchExpressionType : %Path
ExcludesType < SearchExpressionType : %Path Bitmask=ExcludesValueType
IsEqualToType < TwoOperandExpressionType :
IsNotEqualToType < TwoOperandExpressionType :
IsGreaterThanType < TwoOperandExpressionType :
IsGreaterThanOrEqualToType < TwoOperandExpressionType :
IsLessThanType < TwoOperandExpressionType :
IsLessThanOrEqualToType < TwoOperandExpressionType :
ContainsExpressionType < SearchExpressionType : @ContainmentMode=ContainmentModeType?
  @ContainmentComparison=ContainmentComparisonType? %Path Constant=ConstantValueType
NotType < SearchExpressionType : %Search
AndType < MultipleOperandBooleanExpressionType :
OrType < MultipleOperandBooleanExpressionType :
FolderType < BaseFolderType : PermissionSet=PermissionSetType? UnreadCount=int?
CalendarFolderType < BaseFolderType : SharingEffectiveRights=CalendarPermissionReadAccessType?
  PermissionSet=CalendarPermissionSetType?
ContactsFolderType < BaseFolderType : SharingEffectiveRights=PermissionReadAccessType?
  PermissionSet=PermissionSetType? SourceId? AccountName?
TasksFolderType < FolderType :
FolderChangeType : (FolderId=FolderIdType | DistinguishedFolderId=DistinguishedFolderIdType)
  Updates=NonEmptyArrayOfFolderChangeDescriptionsType
FieldOrderType : @Order=SortDirectionType %Path
OccurrenceItemIdType < BaseItemIdType : @RecurringMasterId=DerivedItemIdType @ChangeKey? @InstanceIndex=int
RecurringMasterItemIdType < BaseItemIdType : @OccurrenceId=DerivedItemIdType @ChangeKey?
RecurringMasterItemIdRangesType < ItemIdType : Ranges=ArrayOfOccurrenceRangesType?
ItemChangeType : (ItemId=ItemIdType | OccurrenceItemId=OccurrenceItemIdType |
  RecurringMasterItemId=RecurringMasterItemIdType) Updates=NonEmptyArrayOfItemChangeDescriptionsType
  CalendarActivityData=CalendarActivityDataType?
BaseItemIdType :
UserConfigurationDictionaryType : DictionaryEntry=UserConfigurationDictionaryEntryType*
BaseSubscriptionRequestType : @SubscribeToAllFolders=boolean? FolderIds=NonEmptyArrayOfBaseFolderIdsType?
  EventTypes=NonEmptyArrayOfNotificationEventTypesType Watermark=WatermarkType?
NonEmptyArrayOfNotificationEventTypesType : EventType=NotificationEventTypeType+
AlternateIdType < AlternateIdBaseType : @Id @Mailbox=NonEmptyStringType @IsArchive=boolean?
AlternatePublicFolderIdType < AlternateIdBaseType : @FolderId
AlternatePublicFolderItemIdType < AlternatePublicFolderIdType : @ItemId
SerializableTimeZoneTime : Bias=int Time DayOrder=short Month=short DayOfWeek=DayOfWeekType Year?
MailboxData : Email=EmailAddress AttendeeType=MeetingAttendeeType ExcludeConflicts=boolean?
Duration : StartTime=dateTime EndTime=dateTime
PrincipalNameType : #NonEmptyStringType
SIDType : #NonEmptyStringType
PrimarySmtpAddressType : #NonEmptyStringType
SmtpAddressType : #NonEmptyStringType
PathToUnindexedFieldType < BasePathToElementType : @FieldURI=UnindexedFieldURIType
PathToIndexedFieldType < BasePathToElementType : @FieldURI=DictionaryURIType @FieldIndex
PathToExtendedFieldType < BasePathToElementType : @DistinguishedPropertySetId=DistinguishedPropertySetType?
  @PropertySetId=GuidType? @PropertyTag=PropertyTagType? @PropertyName? @PropertyId=int?
  @PropertyType=MapiPropertyTypeType
BaseFolderIdType :
ExcludesValueType : @Value=ExcludesAttributeType
TwoOperandExpressionType < SearchExpressionType : %Path FieldURIOrConstant=FieldURIOrConstantType
ConstantValueType : @Value
MultipleOperandBooleanExpressionType < SearchExpressionType : %Search+
BaseFolderType : FolderId=FolderIdType? ParentFolderId=FolderIdType? FolderClass? DisplayName? TotalCount=int?
  ChildFolderCount=int? ExtendedProperty=ExtendedPropertyType*
  ManagedFolderInformation=ManagedFolderInformationType? EffectiveRights=EffectiveRightsType?
  DistinguishedFolderId=DistinguishedFolderIdNameType? PolicyTag=RetentionTagType? ArchiveTag=RetentionTagType?
  ReplicaList=ArrayOfStringsType?
NonEmptyArrayOfFolderChangeDescriptionsType : (AppendToFolderField=AppendToFolderFieldType |
  SetFolderField=SetFolderFieldType | DeleteFolderField=DeleteFolderFieldType)+
ArrayOfOccurrenceRangesType : Range=OccurrencesRangeType+
NonEmptyArrayOfItemChangeDescriptionsType : (AppendToItemField=AppendToItemFieldType | SetItemField=SetItemFieldType
  | DeleteItemField=DeleteItemFieldType)+
UserConfigurationDictionaryEntryType : DictionaryKey=UserConfigurationDictionaryObjectType
  DictionaryValue=UserConfigurationDictionaryObjectType
AlternateIdBaseType : @Format=IdFormatType
EmailAddress : Name? Address RoutingType?
BasePathToElementType :
FieldURIOrConstantType : (%Path | Constant=ConstantValueType)
AppendToFolderFieldType < FolderChangeDescriptionType : (Folder=FolderType | CalendarFolder=CalendarFolderType |
  ContactsFolder=ContactsFolderType | SearchFolder=SearchFolderType | TasksFolder=TasksFolderType)
SetFolderFieldType < FolderChangeDescriptionType : (Folder=FolderType | CalendarFolder=CalendarFolderType |
  ContactsFolder=ContactsFolderType | SearchFolder=SearchFolderType | TasksFolder=TasksFolderType)
DeleteFolderFieldType < FolderChangeDescriptionType :
OccurrencesRangeType : @Start=dateTime? @End=dateTime? @Count=int? @CompareOriginalStartTime=boolean?
AppendToItemFieldType < ItemChangeDescriptionType : %Item
SetItemFieldType < ItemChangeDescriptionType : %Item
DeleteItemFieldType < ItemChangeDescriptionType :
UserConfigurationDictionaryObjectType : Type=UserConfigurationDictionaryObjectTypesType Value+
FolderChangeDescriptionType < ChangeDescriptionType :
ItemChangeDescriptionType < ChangeDescriptionType :
ChangeDescriptionType : %Path
ANY : GroupByType DistinguishedGroupByType PushSubscriptionRequestType NearType AddressListIdType SearchFolderType
  SharingMessageType PostItemType PostReplyItemType RoleMemberItemType NetworkItemType AbchPersonItemType
  ReferenceAttachmentType PermissionSetType CalendarPermissionSetType EffectiveRightsType EntityExtractionResultType
  RetentionTagType RightsManagementLicenseDataType NonEmptyArrayOfPredictedActionReasonType ApprovalRequestDataType
  VotingInformationType ReminderMessageDataType ArrayOfInboxReminderType OnlineMeetingSettingsType
  AbchEmailAddressDictionaryType ArrayOfBinaryType ManagedFolderInformationType MentionActionType LikeType
  PersonaPostalAddressType
`

/**
 * Requests of EWS, whose own elements belong to the namespace of messages ([MS-OXWSCORE] and its kin).
 * The notation is told in `notation.ts`.
 */
export const operations = `
GetFolderType < BaseRequestType : FolderShape=FolderResponseShapeType FolderIds=NonEmptyArrayOfBaseFolderIdsType
FindFolderType < BaseRequestType : @Traversal=FolderQueryTraversalType FolderShape=FolderResponseShapeType
  (IndexedPageFolderView=IndexedPageViewType | FractionalPageFolderView=FractionalPageViewType)?
  Restriction=RestrictionType? ParentFolderIds=NonEmptyArrayOfBaseFolderIdsType
CreateFolderType < BaseRequestType : ParentFolderId=TargetFolderIdType Folders=NonEmptyArrayOfFoldersType
UpdateFolderType < BaseRequestType : FolderChanges=NonEmptyArrayOfFolderChangesType
MoveFolderType < BaseMoveCopyFolderType :
CopyFolderType < BaseMoveCopyFolderType :
DeleteFolderType < BaseRequestType : @DeleteType=DisposalType FolderIds=NonEmptyArrayOfBaseFolderIdsType
EmptyFolderType < BaseRequestType : @DeleteType=DisposalType @DeleteSubFolders=boolean
  FolderIds=NonEmptyArrayOfBaseFolderIdsType
SyncFolderHierarchyType < BaseRequestType : FolderShape=FolderResponseShapeType SyncFolderId=TargetFolderIdType?
  SyncState?
SyncFolderItemsType < BaseRequestType : ItemShape=ItemResponseShapeType SyncFolderId=TargetFolderIdType SyncState?
  Ignore=ArrayOfBaseItemIdsType? MaxChangesReturned=MaxSyncChangesReturnedType SyncScope=SyncFolderItemsScopeType?
FindItemType < BaseRequestType : @Traversal=ItemQueryTraversalType ItemShape=ItemResponseShapeType
  (IndexedPageItemView=IndexedPageViewType | FractionalPageItemView=FractionalPageViewType |
  SeekToConditionPageItemView=SeekToConditionPageViewType | CalendarView=CalendarViewType |
  ContactsView=ContactsViewType)? (GroupBy=GroupByType | DistinguishedGroupBy=DistinguishedGroupByType)?
  Restriction=RestrictionType? SortOrder=NonEmptyArrayOfFieldOrdersType?
  ParentFolderIds=NonEmptyArrayOfBaseFolderIdsType QueryString=QueryStringType?
GetItemType < BaseRequestType : ItemShape=ItemResponseShapeType ItemIds=NonEmptyArrayOfBaseItemIdsType
CreateItemType < BaseRequestType : @MessageDisposition=MessageDispositionType?
  @SendMeetingInvitations=CalendarItemCreateOrDeleteOperationType? SavedItemFolderId=TargetFolderIdType?
  Items=NonEmptyArrayOfAllItemsType
UpdateItemType < BaseRequestType : @ConflictResolution=ConflictResolutionType
  @MessageDisposition=MessageDispositionType?
  @SendMeetingInvitationsOrCancellations=CalendarItemUpdateOperationType? @SuppressReadReceipts=boolean?
  SavedItemFolderId=TargetFolderIdType? ItemChanges=NonEmptyArrayOfItemChangesType
DeleteItemType < BaseRequestType : @DeleteType=DisposalType
  @SendMeetingCancellations=CalendarItemCreateOrDeleteOperationType?
  @AffectedTaskOccurrences=AffectedTaskOccurrencesType? @SuppressReadReceipts=boolean?
  ItemIds=NonEmptyArrayOfBaseItemIdsType
MoveItemType < BaseMoveCopyItemType :
CopyItemType < BaseMoveCopyItemType :
SendItemType < BaseRequestType : @SaveItemToFolder=boolean ItemIds=NonEmptyArrayOfBaseItemIdsType
  SavedItemFolderId=TargetFolderIdType?
GetAttachmentType < BaseRequestType : AttachmentShape=AttachmentResponseShapeType?
  AttachmentIds=NonEmptyArrayOfRequestAttachmentIdsType
CreateAttachmentType < BaseRequestType : ParentItemId=ItemIdType Attachments=NonEmptyArrayOfAttachmentsType
DeleteAttachmentType < BaseRequestType : AttachmentIds=NonEmptyArrayOfRequestAttachmentIdsType
GetUserConfigurationType < BaseRequestType : UserConfigurationName=UserConfigurationNameType
  UserConfigurationProperties=UserConfigurationPropertyType
UpdateUserConfigurationType < BaseRequestType : UserConfiguration=UserConfigurationType
CreateUserConfigurationType < BaseRequestType : UserConfiguration=UserConfigurationType
DeleteUserConfigurationType < BaseRequestType : UserConfigurationName=UserConfigurationNameType
SubscribeType < BaseRequestType : (PullSubscriptionRequest=PullSubscriptionRequestType |
  PushSubscriptionRequest=PushSubscriptionRequestType |
  StreamingSubscriptionRequest=StreamingSubscriptionRequestType)
UnsubscribeType < BaseRequestType : SubscriptionId=SubscriptionIdType
GetEventsType < BaseRequestType : SubscriptionId=SubscriptionIdType Watermark=WatermarkType
GetStreamingEventsType < BaseRequestType : SubscriptionIds=NonEmptyArrayOfSubscriptionIdsType
  ConnectionTimeout=StreamingSubscriptionConnectionTimeoutType
ResolveNamesType < BaseRequestType : @ReturnFullContactData=boolean @SearchScope=ResolveNamesSearchScopeType?
  @ContactDataShape=DefaultShapeNamesType? ParentFolderIds=NonEmptyArrayOfBaseFolderIdsType?
  UnresolvedEntry=NonEmptyStringType
GetServerTimeZonesType < BaseRequestType : @ReturnFullTimeZoneData=boolean? Ids=NonEmptyArrayOfTimeZoneIdType?
ConvertIdType < BaseRequestType : @DestinationFormat=IdFormatType SourceIds=NonEmptyArrayOfAlternateIdsType
GetUserAvailabilityRequestType < BaseRequestType : t:TimeZone=SerializableTimeZone?
  MailboxDataArray=ArrayOfMailboxData t:FreeBusyViewOptions=FreeBusyViewOptionsType?
  t:SuggestionsViewOptions=SuggestionsViewOptionsType?
BaseRequestType :
BaseMoveCopyFolderType < BaseRequestType : ToFolderId=TargetFolderIdType FolderIds=NonEmptyArrayOfBaseFolderIdsType
QueryStringType : @ResetCache=boolean? @ReturnHighlightTerms=boolean? @ReturnDeletedItems=boolean? #string
BaseMoveCopyItemType < BaseRequestType : ToFolderId=TargetFolderIdType ItemIds=NonEmptyArrayOfBaseItemIdsType
  ReturnNewItemIds=boolean?
`

import { type Xml, xml } from './xml.ts'

/** The folders that Exchange knows by name in every language. */
export type WellKnown =
  | 'msgfolderroot'
  | 'inbox'
  | 'sentitems'
  | 'drafts'
  | 'junkemail'
  | 'deleteditems'
  | 'outbox'
  | 'calendar'
  | 'contacts'
  | 'tasks'

/** Names a well-known folder of the mailbox; `owner` is its address where somebody else's mailbox is opened as a delegate. */
export function wellKnown(name: WellKnown, owner: string | undefined): Xml {
  const mailbox = owner ? xml`<t:Mailbox><t:EmailAddress>${owner}</t:EmailAddress></t:Mailbox>` : undefined
  return xml`<t:DistinguishedFolderId Id="${name}">${mailbox}</t:DistinguishedFolderId>`
}

export function folderId(id: string): Xml {
  return xml`<t:FolderId Id="${id}"/>`
}

export function itemIds(ids: readonly string[]): Xml {
  return xml`<m:ItemIds>${ids.map(itemId)}</m:ItemIds>`
}

export function itemId(id: string): Xml {
  return xml`<t:ItemId Id="${id}"/>`
}

/** A property by its name in the schema, such as `item:Size`. */
export function field(uri: string): Xml {
  return xml`<t:FieldURI FieldURI="${uri}"/>`
}

/** The shape of items: ids, and the properties that are named. */
export function itemShape(fields: readonly Xml[]): Xml {
  const additional = fields.length > 0 ? xml`<t:AdditionalProperties>${fields}</t:AdditionalProperties>` : undefined
  return xml`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>${additional}</m:ItemShape>`
}

/** The value of an extended property that is set. */
export function extended(path: Xml, value: string | number): Xml {
  return xml`<t:ExtendedProperty>${path}<t:Value>${value}</t:Value></t:ExtendedProperty>`
}

export function equals(path: Xml, value: string): Xml {
  return xml`<m:Restriction><t:IsEqualTo>${path}<t:FieldURIOrConstant><t:Constant Value="${value}"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>`
}

/** MS-OXPROPS 2.747 PidTagInternetMessageId. */
export const MESSAGE_ID = xml`<t:ExtendedFieldURI PropertyTag="0x1035" PropertyType="String"/>`
/** MS-OXPROPS PidTagMessageFlags. */
export const MESSAGE_FLAGS = xml`<t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/>`
/** MS-OXPROPS PidTagMessageDeliveryTime: the arrival. */
export const DELIVERY_TIME = xml`<t:ExtendedFieldURI PropertyTag="0x0E06" PropertyType="SystemTime"/>`
/** MS-OXPROPS PidTagAttributeHidden. */
export const HIDDEN = xml`<t:ExtendedFieldURI PropertyTag="0x10F4" PropertyType="Boolean"/>`
/** The key by which a message that we made is found again (law 2). */
export const LINK_KEY = xml`<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="RegardingKey" PropertyType="String"/>`

/** In groups of at most `size`. */
export function groups<T>(list: readonly T[], size: number): T[][] {
  const result: T[][] = []
  for (let index = 0; index < list.length; index += size) result.push(list.slice(index, index + size))
  return result
}

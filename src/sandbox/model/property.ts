export type PropertyType =
  | 'String'
  | 'Integer'
  | 'Long'
  | 'Short'
  | 'Boolean'
  | 'Double'
  | 'Float'
  | 'SystemTime'
  | 'CLSID'
  | 'Binary'
  | 'StringArray'
  | 'IntegerArray'

/** Names a property as MAPI does: by a tag, or by a set with a name or a number. */
export interface PropertyName {
  type: PropertyType
  /** `0x1035`, lower-case; then there is no set. */
  tag?: string
  /** GUID of the set, lower-case, without braces. */
  set?: string
  name?: string
  /** Number in the set. */
  id?: number
}

/** One extended property. Values are kept as text: booleans `true`, binary in base64, times in ISO 8601 (UTC). */
export interface ExtendedProperty {
  property: PropertyName
  value: string | readonly string[]
}

/** The sets that EWS calls by a name. */
export const PROPERTY_SETS = {
  PublicStrings: '00020329-0000-0000-c000-000000000046',
  Common: '00062008-0000-0000-c000-000000000046',
  Appointment: '00062002-0000-0000-c000-000000000046',
  Meeting: '6ed8da90-450b-101b-98da-00aa003f1305',
  Address: '00062004-0000-0000-c000-000000000046',
  Task: '00062003-0000-0000-c000-000000000046',
  InternetHeaders: '00020386-0000-0000-c000-000000000046',
  CalendarAssistant: '11000e07-b51b-40d6-af21-caa85edab1d0',
  UnifiedMessaging: '4442858e-a9e3-4e80-b900-317a210cc15b',
  Sharing: '00062040-0000-0000-c000-000000000046',
} as const

/** Equal for names of the same property; names of properties do not differ by case. */
export function propertyKey({ tag, set, name, id }: PropertyName): string {
  if (tag) return `tag ${tag.toLowerCase()}`
  return `${(set ?? '').toLowerCase()} ${name === undefined ? `id ${id}` : `name ${name.toLowerCase()}`}`
}

export function findProperty(
  properties: readonly ExtendedProperty[],
  name: PropertyName,
): ExtendedProperty | undefined {
  const key = propertyKey(name)
  return properties.find(({ property }) => propertyKey(property) === key)
}

/** The properties with those given set; one with an `undefined` value is taken away. */
export function withProperties(
  properties: readonly ExtendedProperty[],
  changes: readonly { property: PropertyName; value: ExtendedProperty['value'] | undefined }[],
): ExtendedProperty[] {
  const all = new Map(properties.map((each) => [propertyKey(each.property), each]))
  for (const { property, value } of changes) {
    if (value === undefined) all.delete(propertyKey(property))
    else all.set(propertyKey(property), { property, value })
  }
  return [...all.values()]
}

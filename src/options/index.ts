export { checkSavedQuery, warningsAbout } from './filters/check.ts'
export { Filters, MANAGE_FILTERS } from './filters/filters.ts'
export { FILTER_TYPE, type FilterKind, filterKindOf, QUERY_TYPE, TEMPLATE_TYPE } from './filters/kinds.ts'
export { filterReactions, subscriptionReaction } from './filters/reactions.ts'
export { seedSavedQueries } from './filters/seed.ts'
export { type ActiveFilter, FilterFault } from './filters/union.ts'
export { Options, type OrganizationSettings, type Settings, WRITE_SETTINGS } from './options.ts'
export { organizationSettings } from './organizationSettings.ts'
export { personalOptions } from './personalOptions.ts'
export { findSetting, type Setting, SettingError, type SettingValue } from './setting.ts'
export {
  FIELD_DIRECTIONS,
  type FieldDirections,
  fieldDirections,
  parseFieldDirections,
  type StoredDirection,
} from './syncFields.ts'
export { optionTables } from './tables.ts'

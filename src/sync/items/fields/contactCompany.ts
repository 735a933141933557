import type { ContactItem } from '#mailbox'
import type { PairMap } from './pair.ts'
import { referenceIn } from './regarding.ts'
import { oneLine } from './text.ts'

/** On contacts whose record is inactive (CT-3). */
const INACTIVE_CATEGORY = 'Regarding Inactive'

/** Company: the name of the parent account, where the user wants that (PO-13, CT-20…24); never back (CT-21). */
export const companyPair: PairMap<ContactItem> = {
  name: 'company',
  outlook: 'Company',
  record: 'Name of the parent account',
  columns: ['parentcustomerid'],
  fields: ['company'],
  default: 'toItem',
  allowed: ['toItem'],
  rule: 'FD-24',
  hidden: true,
  derived: true,
  fromRecord: ({ row }, context) => {
    const parent = context.settings.companyFromParent ? referenceIn(row, 'parentcustomerid') : undefined
    return (parent?.table === 'account' && oneLine(context.nameOf(parent))) || undefined
  },
  fromItem: ({ fields }) => oneLine(fields.company),
  toRecord: () => undefined,
  toItem: (value) => value,
  writeRecord: () => ({}),
  writeItem: (value) => ({ fields: { company: value ?? undefined } }),
}

/** Inactive records have a category, and lose it when they are activated (CT-3). */
export const inactivePair: PairMap<ContactItem> = {
  name: 'inactive',
  outlook: 'Category',
  record: 'Status',
  columns: ['statecode'],
  fields: ['categories'],
  default: 'toItem',
  allowed: ['toItem'],
  rule: 'CT-3',
  hidden: true,
  fromRecord: ({ row }) => ('statecode' in row ? row['statecode'] === 1 : undefined),
  fromItem: ({ fields }) => fields.categories?.includes(INACTIVE_CATEGORY) === true,
  toRecord: () => undefined,
  toItem: (value) => value,
  key: (value) => value === true,
  writeRecord: () => ({}),
  writeItem: (value, item) => {
    const others = (item?.fields.categories ?? []).filter((name) => name !== INACTIVE_CATEGORY)
    const categories = value === true ? [...others, INACTIVE_CATEGORY] : others
    return { fields: { categories: categories.length === 0 ? undefined : categories } }
  },
}

import { TARGETS } from './activity.ts'
import { choice, instant, lookup, memo, table, text, whole, yesNo } from './columns.ts'
import type { ColumnDefinition } from './definition.ts'

/** Rules by which records are found that look like others, what a search of all records found, and such jobs (DU-1). */

const bySystem = { readOnly: true }

/** Changed by publishing and unpublishing only (DU-3). */
const publication = (): ColumnDefinition[] => [
  choice('statecode', { 0: 'Inactive', 1: 'Active' }, { label: 'Status', ...bySystem }),
  {
    name: 'statuscode',
    type: 'choice',
    label: 'Status reason',
    options: { 0: 'Unpublished', 1: 'Publishing', 2: 'Published' },
    states: { 0: 0, 1: 0, 2: 1 },
    ...bySystem,
  },
]

export const duplicaterule = table({
  name: 'duplicaterule',
  set: 'duplicaterules',
  label: 'Duplicate Detection Rule',
  id: 'duplicateruleid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'DuplicateRule',
  columns: [
    text('name', 160, { required: true }),
    memo('description', 2000),
    text('baseentityname', 100, { required: true, label: 'Table of the record that is saved' }),
    text('matchingentityname', 100, { required: true, label: 'Table in which others are looked for' }),
    yesNo('iscasesensitive', false),
    yesNo('excludeinactiverecords', false),
    { name: 'publishedas', type: 'json', label: 'What was published', ...bySystem },
    ...publication(),
  ],
  indexes: [['baseentityname']],
})

export const duplicaterulecondition = table({
  name: 'duplicaterulecondition',
  set: 'duplicateruleconditions',
  label: 'Duplicate Rule Condition',
  id: 'duplicateruleconditionid',
  primaryName: 'baseattributename',
  ownership: 'child',
  parent: 'regardingobjectid',
  columns: [
    lookup('regardingobjectid', 'duplicaterule', { required: true, label: 'Rule' }),
    text('baseattributename', 128, { required: true }),
    text('matchingattributename', 128, { required: true }),
    choice(
      'operatorcode',
      {
        0: 'Exact Match',
        1: 'Same First Characters',
        2: 'Same Last Characters',
        3: 'Same Date',
        4: 'Same Date and Time',
      },
      { default: 0 },
    ),
    whole('operatorparam', { min: 1, maxValue: 4000, label: 'Number of characters' }),
    yesNo('ignoreblankvalues', false),
  ],
})

/** One pair that a search of all records found (DU-12). */
export const duplicaterecord = table({
  name: 'duplicaterecord',
  set: 'duplicaterecords',
  label: 'Duplicate Record',
  id: 'duplicateid',
  primaryName: 'duplicateid',
  ownership: 'user',
  privilege: 'DuplicateRecord',
  columns: [
    lookup('asyncoperationid', 'asyncoperation', { goesAlong: true, label: 'System job' }),
    lookup('duplicateruleid', 'duplicaterule', { goesAlong: true, label: 'Rule' }),
    lookup('baserecordid', TARGETS.any, { goesAlong: true, label: 'Record' }),
    lookup('duplicaterecordid', TARGETS.any, { goesAlong: true, label: 'Looks like' }),
  ],
})

export const asyncoperation = table({
  name: 'asyncoperation',
  set: 'asyncoperations',
  label: 'System Job',
  id: 'asyncoperationid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'AsyncOperation',
  columns: [
    text('name', 256, { required: true }),
    choice('operationtype', { 7: 'Duplicate detection rule publish', 8: 'Bulk duplicate detection' }),
    text('primaryentitytype', 100),
    memo('message', 4000, { personal: true }),
    memo('data', 65_536, { label: 'What it does and how far it is', personal: true, ...bySystem }),
    whole('recordsprocessed', { min: 0, default: 0, ...bySystem }),
    whole('recordstotal', { min: 0, ...bySystem }),
    whole('recordsfound', { min: 0, default: 0, ...bySystem }),
    instant('startedon', bySystem),
    instant('completedon', bySystem),
    choice('statecode', { 0: 'Ready', 1: 'Suspended', 2: 'Locked', 3: 'Completed' }, { label: 'Status', ...bySystem }),
    {
      name: 'statuscode',
      type: 'choice',
      label: 'Status reason',
      options: {
        0: 'Waiting for Resources',
        10: 'Waiting',
        20: 'In Progress',
        30: 'Succeeded',
        31: 'Failed',
        32: 'Canceled',
      },
      states: { 0: 0, 10: 1, 20: 2, 30: 3, 31: 3, 32: 3 },
      ...bySystem,
    },
  ],
})

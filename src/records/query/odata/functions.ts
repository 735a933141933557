import type { Operator } from '../../query.ts'

/** The functions of Dataverse for operators that OData has no own form of, without `Microsoft.Dynamics.CRM.`. */
const NAMES: Partial<Record<Operator, string>> = {
  like: 'Like',
  'not-like': 'NotLike',
  in: 'In',
  'not-in': 'NotIn',
  between: 'Between',
  'not-between': 'NotBetween',
  'contain-values': 'ContainValues',
  'not-contain-values': 'DoesNotContainValues',
  'eq-userid': 'EqualUserId',
  'ne-userid': 'NotEqualUserId',
  'eq-userteams': 'EqualUserTeams',
  'eq-useroruserteams': 'EqualUserOrUserTeams',
  'eq-businessid': 'EqualBusinessId',
  'ne-businessid': 'NotEqualBusinessId',
  on: 'On',
  'on-or-before': 'OnOrBefore',
  'on-or-after': 'OnOrAfter',
  yesterday: 'Yesterday',
  today: 'Today',
  tomorrow: 'Tomorrow',
  'last-seven-days': 'Last7Days',
  'next-seven-days': 'Next7Days',
  'last-week': 'LastWeek',
  'this-week': 'ThisWeek',
  'next-week': 'NextWeek',
  'last-month': 'LastMonth',
  'this-month': 'ThisMonth',
  'next-month': 'NextMonth',
  'last-year': 'LastYear',
  'this-year': 'ThisYear',
  'next-year': 'NextYear',
  'last-x-hours': 'LastXHours',
  'next-x-hours': 'NextXHours',
  'last-x-days': 'LastXDays',
  'next-x-days': 'NextXDays',
  'last-x-weeks': 'LastXWeeks',
  'next-x-weeks': 'NextXWeeks',
  'last-x-months': 'LastXMonths',
  'next-x-months': 'NextXMonths',
  'last-x-years': 'LastXYears',
  'next-x-years': 'NextXYears',
  'olderthan-x-months': 'OlderThanXMonths',
}

export const NAMESPACE = 'Microsoft.Dynamics.CRM.'

const operators = new Map(Object.entries(NAMES).map(([operator, name]) => [name, operator as Operator]))

export function functionOf(operator: Operator): string | undefined {
  const name = NAMES[operator]
  return name && NAMESPACE + name
}

/** The operator that a qualified function name stands for. */
export function operatorOf(name: string): Operator | undefined {
  return name.startsWith(NAMESPACE) ? operators.get(name.slice(NAMESPACE.length)) : undefined
}

/** OData's own functions on text: their operators, and how their argument becomes a value. */
export const TEXT_FUNCTIONS: ReadonlyMap<string, { operator: Operator; value: (text: string) => string }> = new Map([
  ['contains', { operator: 'like' as const, value: containing }],
  ['startswith', { operator: 'begins-with' as const, value: (text: string) => text }],
  ['endswith', { operator: 'ends-with' as const, value: (text: string) => text }],
])

/** The text that a pattern of `like` looks for, when it does nothing but look for one text anywhere. */
export function containedIn(pattern: string): string | undefined {
  const text = /^%([^]*)%$/.exec(pattern)?.[1]?.replace(/\[([%_[])\]/g, '$1')
  return text !== undefined && containing(text) === pattern ? text : undefined
}

function containing(text: string): string {
  return `%${text.replace(/[%_[]/g, '[$&]')}%`
}

import type { Task } from '../../model/index.ts'
import { dateTime, type Property } from './property.ts'
import { writeRecurrence } from './recurrence.ts'

export const STATUS = {
  notStarted: 'NotStarted',
  inProgress: 'InProgress',
  completed: 'Completed',
  waitingOnOthers: 'WaitingOnOthers',
  deferred: 'Deferred',
} as const

/** Dates of tasks are midnight, in no zone. */
const day = (date: string | undefined) => date && `${date}T00:00:00Z`

/** What tasks have, in no order: the schema gives the order. */
export const taskProperties: readonly Property<Task>[] = [
  { uri: 'task:StartDate', element: 'StartDate', shape: 'Default', read: ({ item }) => day(item.start) },
  { uri: 'task:DueDate', element: 'DueDate', shape: 'Default', read: ({ item }) => day(item.due) },
  {
    uri: 'task:CompleteDate',
    element: 'CompleteDate',
    shape: 'AllProperties',
    read: ({ item }) => day(item.completed),
  },
  { uri: 'task:Status', element: 'Status', shape: 'Default', read: ({ item }) => STATUS[item.status] },
  { uri: 'task:PercentComplete', element: 'PercentComplete', shape: 'Default', read: ({ item }) => item.percent },
  {
    uri: 'task:IsComplete',
    element: 'IsComplete',
    shape: 'AllProperties',
    read: ({ item }) => item.status === 'completed',
  },
  {
    uri: 'task:IsRecurring',
    element: 'IsRecurring',
    shape: 'AllProperties',
    read: ({ item }) => item.recurrence !== undefined,
  },
  {
    uri: 'task:Recurrence',
    element: 'Recurrence',
    shape: 'AllProperties',
    getOnly: true,
    read: ({ item }) => item.recurrence && writeRecurrence(item.recurrence),
  },
  { uri: 'task:Owner', element: 'Owner', shape: 'AllProperties', read: ({ owner }) => owner.name },
  { uri: 'task:IsTeamTask', element: 'IsTeamTask', shape: 'AllProperties', read: () => false },
  { uri: 'task:ChangeCount', element: 'ChangeCount', shape: 'AllProperties', read: () => 1 },
  {
    uri: 'item:ReminderDueBy',
    element: 'ReminderDueBy',
    shape: 'AllProperties',
    read: ({ item }) => dateTime(item.reminder),
  },
]

import type { LocalDate, Recurrence } from '#calendar'
import type { Body, Importance, ItemFrame, Moment, Sensitivity } from './common.ts'

/** A task (field maps 10.5 and 10.6). Fields that are absent are empty. */
export interface TaskItem extends ItemFrame {
  kind: 'task'
  fields: TaskFields
  /** How it repeats: such tasks are not synchronized (TK-10), and nothing here is written. */
  recurrence?: Recurrence | { cannot: string }
  /** Somebody else was given the task (TK-11). */
  assigned: boolean
}

export interface TaskFields {
  subject?: string
  body?: Body
  start?: LocalDate
  due?: LocalDate
  /** The day on which it was completed. */
  completed?: LocalDate
  status: TaskStatus
  /** 0 to 100 */
  percent?: number
  importance: Importance
  sensitivity: Sensitivity
  reminder?: Moment
  categories?: string[]
}

export type TaskStatus = 'notStarted' | 'inProgress' | 'completed' | 'waiting' | 'deferred'

import type { Body, FileAttachment, Importance, ItemBase, Sensitivity } from './base.ts'
import type { Recurrence } from './recurrence.ts'

export type TaskStatus = 'notStarted' | 'inProgress' | 'completed' | 'waitingOnOthers' | 'deferred'

export interface ChecklistItem {
  id: string
  text: string
  checked: boolean
  created: Date
}

/** What a task is about in another program; `externalId` is that program's own. */
export interface LinkedResource {
  id: string
  applicationName?: string | undefined
  displayName?: string | undefined
  externalId?: string | undefined
  webUrl?: string | undefined
}

/** Values that a program keeps with a task under its own name. */
export interface OpenExtension {
  extensionName: string
  values: Readonly<Record<string, unknown>>
}

/** A task; its folder is a To Do list. Dates are `2026-01-05`. */
export interface Task extends ItemBase {
  readonly kind: 'task'
  readonly subject: string
  readonly body: Body
  readonly status: TaskStatus
  /** 0 to 100. */
  readonly percent: number
  readonly importance: Importance
  readonly sensitivity: Sensitivity
  readonly start?: string | undefined
  readonly due?: string | undefined
  readonly completed?: string | undefined
  readonly reminder?: Date | undefined
  readonly recurrence?: Recurrence | undefined
  readonly checklist: readonly ChecklistItem[]
  readonly linked?: readonly LinkedResource[] | undefined
  readonly extensions?: readonly OpenExtension[] | undefined
  readonly attachments: readonly FileAttachment[]
}

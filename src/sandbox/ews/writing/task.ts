import { type Importance, PROPERTY_SETS, propertyKey, type Sensitivity, type Task } from '../../model/index.ts'
import { readRecurrence } from '../properties/recurrence.ts'
import { isTrue } from '../properties/shape.ts'
import { STATUS } from '../properties/task.ts'
import { blankBase } from './blank.ts'
import { readBody } from './body.ts'
import { Draft, readExtended, refuse, SERVERS_OWN, type Setter, type Setters, stringsIn } from './draft.ts'

export type TaskDraft = Draft<Task>

export function blankTask(now: Date): TaskDraft {
  const before: Task = {
    ...blankBase(now),
    kind: 'task',
    subject: '',
    body: { type: 'text', content: '' },
    status: 'notStarted',
    percent: 0,
    importance: 'normal',
    sensitivity: 'normal',
    checklist: [],
    attachments: [],
  }
  return new Draft<Task>(before, true)
}

const date =
  (key: 'start' | 'due'): Setter<TaskDraft> =>
  (draft, element) =>
    draft.set({ [key]: element?.text.slice(0, 10) || undefined })

/** Status, percentage and date of completion follow each other, as Exchange has them. */
function complete(draft: TaskDraft, completed: string): void {
  draft.set({ status: 'completed', percent: 100, completed })
}

function reopen(draft: TaskDraft, status: Task['status'], percent: number): void {
  draft.set({ status, percent, completed: undefined })
}

const today = (draft: TaskDraft): string => draft.before.modified.toISOString().slice(0, 10)

/** By the name of the element. */
export const taskSetters: Setters<TaskDraft> = {
  ...(SERVERS_OWN as Setters<TaskDraft>),
  ItemClass: () => {},
  Subject: (draft, element) => draft.set({ subject: element?.text ?? '' }),
  Body: (draft, element) => draft.set({ body: readBody(element) }),
  Categories: (draft, element) => draft.setCategories(stringsIn(element)),
  Importance: (draft, element) => draft.set({ importance: (element?.text.toLowerCase() ?? 'normal') as Importance }),
  Sensitivity: (draft, element) => draft.set({ sensitivity: (element?.text.toLowerCase() ?? 'normal') as Sensitivity }),
  Culture: () => {},
  ReminderIsSet: (draft, element) => {
    if (!isTrue(element?.text)) draft.set({ reminder: undefined })
  },
  ReminderDueBy: (draft, element) => draft.set({ reminder: element ? new Date(element.text) : undefined }),
  ReminderMinutesBeforeStart: () => {},
  StartDate: date('start'),
  DueDate: date('due'),
  CompleteDate: (draft, element) => {
    if (element) complete(draft, element.text.slice(0, 10))
    else reopen(draft, 'notStarted', 0)
  },
  Status: (draft, element) => {
    const status = Object.entries(STATUS).find(([, name]) => name === element?.text)?.[0] as Task['status'] | undefined
    if (status === 'completed') complete(draft, draft.now.completed ?? today(draft))
    // What has not begun has no percentage, whatever was said before.
    else
      reopen(
        draft,
        status ?? 'notStarted',
        status === 'notStarted' || draft.now.percent === 100 ? 0 : draft.now.percent,
      )
  },
  PercentComplete: (draft, element) => {
    const percent = Number(element?.text ?? 0)
    if (percent < 0 || percent > 100) refuse()
    if (percent === 100) complete(draft, draft.now.completed ?? today(draft))
    else reopen(draft, percent > 0 && draft.now.status === 'notStarted' ? 'inProgress' : open(draft), percent)
  },
  Recurrence: (draft, element) => draft.set({ recurrence: element && readRecurrence(element) }),
  IsComplete: refuse,
  IsRecurring: refuse,
  Owner: () => {},
  ExtendedProperty: (draft, element) => {
    if (!element) return
    const { property, value } = readExtended(element)
    setTaskProperty(draft, property, value)
  },
}

function open({ now }: TaskDraft): Task['status'] {
  return now.status === 'completed' ? 'inProgress' : now.status
}

const numbered = (id: number) => propertyKey({ type: 'SystemTime', set: PROPERTY_SETS.Task, id })
const PERCENT = propertyKey({ type: 'Double', set: PROPERTY_SETS.Task, id: 0x8102 })
const KEYWORDS = propertyKey({ type: 'StringArray', set: PROPERTY_SETS.PublicStrings, name: 'Keywords' })

/** Extended properties that are the task's own under another name; the others are kept as they are. */
export function setTaskProperty(draft: TaskDraft, ...[property, value]: Parameters<Draft['setProperty']>): void {
  const day = typeof value === 'string' && value !== '' ? value.slice(0, 10) : undefined
  const key = propertyKey(property)
  const text = typeof value === 'object' ? value.join(' ') : (value ?? '')
  if (property.tag === '0x0037') draft.set({ subject: text })
  else if (property.tag === '0x1000') draft.set({ body: { type: 'text', content: text } })
  else if (key === numbered(0x8104)) draft.set({ start: day })
  else if (key === numbered(0x8105)) draft.set({ due: day })
  else if (key === numbered(0x810f)) draft.set({ completed: day })
  else if (key === PERCENT) draft.set({ percent: Math.round(Number(text || 0) * 100) })
  else if (key === KEYWORDS) draft.setCategories(typeof value === 'string' ? [value] : (value ?? []))
  else draft.setProperty(property, value)
}

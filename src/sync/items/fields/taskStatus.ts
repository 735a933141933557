import type { TaskFields, TaskItem, TaskStatus } from '#mailbox'
import type { ItemTable, PairValue } from '../model.ts'
import type { PairMap } from './pair.ts'

/** State and status reason of what becomes a task, and what decides about them. */
export interface TaskState {
  state: number
  status: number
  /** Null: empty, or the table has none. */
  percent: number | null
  /** Open, and its actual end is past: synchronization completes it (TK-9). */
  ended?: boolean
}

export type TaskTable = 'task' | 'phonecall' | 'letter' | 'fax'

export const TASK_STATE = { open: 0, completed: 1, canceled: 2 } as const

/** TK-7 */
const REASONS: Record<TaskStatus, number> = { notStarted: 2, inProgress: 3, waiting: 4, deferred: 7, completed: 5 }
/** Status reasons of the other tables: open, completed when outgoing, completed when incoming. */
const OTHERS = {
  phonecall: { open: 1, outgoing: 2, incoming: 4 },
  letter: { open: 1, outgoing: 4, incoming: 3 },
  fax: { open: 1, outgoing: 3, incoming: 4 },
} as const

/** Status ↔ activity status and status reason (TK-6, TK-7, TK-9). */
export function taskStatusPair(table: TaskTable): PairMap<TaskItem> {
  return {
    name: 'status',
    outlook: 'Status',
    record: 'Activity status + status reason',
    columns: ['statecode', 'statuscode'],
    fields: ['status'],
    default: 'both',
    allowed: ['both'],
    rule: 'TK-6',
    required: true,
    fromRecord: ({ row }, { now }) => {
      if (!('statecode' in row)) return undefined
      const percent = row['percentcomplete']
      const state = Number(row['statecode'] ?? TASK_STATE.open)
      const end = row['actualend']
      const value: TaskState = {
        state,
        status: Number(row['statuscode'] ?? 0),
        percent: typeof percent === 'number' ? percent : null,
        ...(state === TASK_STATE.open && end instanceof Date && end <= now && { ended: true }),
      }
      return asValue(value)
    },
    fromItem: ({ fields }) => statusSaid(fields),
    toRecord: (value, present) =>
      asValue(recordState(table, value as TaskStatus, present as TaskState | null | undefined)),
    toItem: (value, present) => itemStatus(table, stateOf(value), present as TaskStatus | null | undefined),
    key: (value) => (typeof value === 'string' || value === null ? value : comparable(table, stateOf(value))),
    writeRecord: (value, view) => {
      const { state, status } = stateOf(value)
      const incoming = view?.row['directioncode'] === false
      const reason = table !== 'task' && state === TASK_STATE.completed && incoming ? OTHERS[table].incoming : status
      return { values: { statecode: state, statuscode: reason } }
    },
    // What is open again is not done to the full any more; of tasks the percentage says so itself (TK-7, FD-27).
    writeItem: (value, item) => ({
      fields: {
        status: value ?? 'notStarted',
        ...(table !== 'task' && value !== 'completed' && item?.fields.percent === 100 && { percent: undefined }),
      },
    }),
  }
}

/** What is done to the full is completed, whatever its status says (TK-7). */
export function statusSaid({ status, percent }: Pick<TaskFields, 'status' | 'percent'>): TaskStatus {
  return percent === 100 ? 'completed' : status
}

/** Completed when its actual end is past (TK-9). */
export function completed(table: TaskTable, value: PairValue): PairValue {
  return asValue(recordState(table, 'completed', stateOf(value)))
}

/** TK-7: what is closed stays with its reason as long as the item is completed too. */
function recordState(table: TaskTable, status: TaskStatus, present: TaskState | null | undefined): TaskState {
  const percent = present?.percent ?? null
  const isDone = status === 'completed'
  if (present && isDone === (present.state !== TASK_STATE.open)) {
    const keeps = isDone || table !== 'task' || itemStatus(table, present, status) === status
    if (keeps && (table !== 'task' || isDone || present.status === REASONS[status])) return plain(present)
  }
  const state = isDone ? TASK_STATE.completed : TASK_STATE.open
  if (table === 'task') return { state, status: REASONS[status], percent }
  return { state, status: isDone ? OTHERS[table].outgoing : OTHERS[table].open, percent }
}

/** TK-6. What the item says stays where it means the same. */
function itemStatus(table: TaskTable, value: TaskState, present: TaskStatus | null | undefined): TaskStatus {
  const { state, status, percent } = value
  if (state !== TASK_STATE.open) return 'completed'
  if (percent === 100) return 'completed'
  const plainly: TaskStatus = percent === null || percent === 0 ? 'notStarted' : 'inProgress'
  if (!present || present === 'completed') return plainly
  if (table === 'task') return REASONS[present] === status ? present : plainly
  return present
}

function comparable(table: TaskTable, { state, status, percent }: TaskState): PairValue {
  return table === 'task' ? { state, status, percent: percent ?? 0 } : { state }
}

function stateOf(value: PairValue): TaskState {
  return (value ?? { state: TASK_STATE.open, status: 0, percent: null }) as unknown as TaskState
}

function plain({ state, status, percent }: TaskState): TaskState {
  return { state, status, percent }
}

function asValue(state: TaskState): PairValue {
  return { ...state }
}

export function isTaskTable(table: ItemTable): table is TaskTable {
  return table === 'task' || table === 'phonecall' || table === 'letter' || table === 'fax'
}

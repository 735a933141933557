import type { CalendarItem, ShowAs } from '#mailbox'
import type { PairValue } from '../model.ts'
import type { PairMap } from './pair.ts'

/** State and status reason of an appointment. */
interface AppointmentState {
  state: number
  status: number
}

const APPOINTMENT_STATE = { open: 0, completed: 1, canceled: 2, scheduled: 3 } as const

/** AP-33 by status reason; what is completed or canceled is free. */
const SHOWN: Readonly<Record<number, ShowAs>> = { 1: 'free', 2: 'tentative', 5: 'busy', 6: 'outOfOffice' }
/** AP-51 */
const STATES: Record<ShowAs, AppointmentState> = {
  free: { state: 0, status: 1 },
  workingElsewhere: { state: 0, status: 1 },
  tentative: { state: 0, status: 2 },
  busy: { state: 3, status: 5 },
  outOfOffice: { state: 3, status: 6 },
}
const COMPLETED: AppointmentState = { state: 1, status: 3 }

/** Show time as ↔ activity status and status reason (AP-33, AP-51). */
export const showAsPair: PairMap<CalendarItem> = {
  name: 'showAs',
  outlook: 'Show time as',
  record: 'Appointment status',
  columns: ['statecode', 'statuscode'],
  fields: ['showAs'],
  default: 'both',
  allowed: ['both'],
  rule: 'AP-33',
  required: true,
  fromRecord: ({ row }) =>
    'statecode' in row ? { state: Number(row['statecode'] ?? 0), status: Number(row['statuscode'] ?? 1) } : undefined,
  fromItem: ({ fields }) => fields.showAs,
  toRecord: (value, present) => {
    if (present !== undefined && isClosed(present)) return value === 'free' ? { ...COMPLETED } : undefined
    return { ...STATES[value as ShowAs] }
  },
  toItem: (value, present) => {
    if (present === 'workingElsewhere' && !isClosed(value) && stateOf(value).status === 1) return present
    return isClosed(value) ? 'free' : shown(stateOf(value))
  },
  writeRecord: (value) => ({ values: { statecode: stateOf(value).state, statuscode: stateOf(value).status } }),
  writeItem: (value) => ({ fields: { showAs: value } }),
}

/** Completed or canceled: nothing that the item says reaches the record any more (AP-52). */
export function isClosed(value: PairValue | undefined): boolean {
  const { state } = stateOf(value ?? null)
  return state === APPOINTMENT_STATE.completed || state === APPOINTMENT_STATE.canceled
}

function shown({ state, status }: AppointmentState): ShowAs {
  return SHOWN[status] ?? (state === APPOINTMENT_STATE.scheduled ? 'busy' : 'free')
}

function stateOf(value: PairValue): AppointmentState {
  return (value ?? { state: 0, status: 1 }) as unknown as AppointmentState
}

/** Status reasons of service activities; closed and canceled ones are free. */
const SERVICE: Readonly<Record<number, ShowAs>> = {
  1: 'tentative',
  2: 'tentative',
  3: 'busy',
  4: 'busy',
  6: 'busy',
  7: 'busy',
}

/** Of a service activity: to the item only (FD-22). */
export const serviceShowAsPair: PairMap<CalendarItem> = {
  ...showAsPair,
  record: 'Status',
  default: 'toItem',
  allowed: ['toItem'],
  rule: 'FD-22',
  toRecord: () => undefined,
  toItem: (value) => (isClosed(value) ? 'free' : (SERVICE[stateOf(value).status] ?? 'busy')),
}

import { activity } from './activity.ts'
import { choice, day, instant, lookup, memo, state, text, whole, yesNo } from './columns.ts'

/** Meetings: single, recurring, and of the service calendar. */

const appointmentState = () =>
  state({ 0: 'Open', 1: 'Completed', 2: 'Canceled', 3: 'Scheduled' }, [
    [1, 'Free', 0],
    [2, 'Tentative', 0],
    [3, 'Completed', 1],
    [4, 'Canceled', 2],
    [5, 'Busy', 3],
    [6, 'Out of Office', 3],
  ])

const kinds = {
  0: 'Not Recurring',
  1: 'Recurring Master',
  2: 'Recurring Instance',
  3: 'Recurring Exception',
  4: 'Recurring Future Exception',
}

/** One meeting is one record, whoever synchronizes it (B-60). */
const identity = () => [
  text('globalobjectid', 300, { label: 'iCalendar UID', search: false }),
  text('recurrenceid', 40, {
    label: 'Original start of the occurrence; `series` for the whole',
    default: 'series',
    search: false,
  }),
  whole('icalsequence', { min: 0 }),
]

const meeting = () => [
  text('location', 400, { personal: true }),
  yesNo('isalldayevent', false),
  text('category', 250),
  text('subcategory', 250),
  text('timezone', 64, { search: false }),
  whole('reminderminutes', { min: 0 }),
  yesNo('isonlinemeeting', false),
  memo('onlinemeetingjoinurl', 4000, { search: false }),
  choice('attachmenterrors', { 0: 'None', 1: 'The appointment was saved without an attachment' }),
]

export const appointment = activity({
  name: 'appointment',
  set: 'appointments',
  label: 'Appointment',
  availableOffline: true,
  columns: [
    ...meeting(),
    ...identity(),
    choice('instancetypecode', kinds, { default: 0 }),
    lookup('seriesid', 'recurringappointmentmaster', { goesAlong: true }), // AP-54
    instant('originalstartdate'),
    whole('modifiedfieldsmask'),
    yesNo('isdraft', false),
    ...appointmentState(),
  ],
  keys: [{ name: 'identity', columns: ['globalobjectid', 'recurrenceid'] }],
  indexes: [['scheduledstart'], ['scheduledend']],
})

export const recurringappointmentmaster = activity({
  name: 'recurringappointmentmaster',
  set: 'recurringappointmentmasters',
  label: 'Recurring Appointment',
  availableOffline: true,
  columns: [
    ...meeting(),
    ...identity(),
    choice('instancetypecode', kinds, { default: 1 }),
    text('recurrencerule', 1000, { label: 'iCalendar RRULE', search: false }),
    memo('timezonedefinition', 20_000, { label: 'iCalendar VTIMEZONE', search: false }),
    choice('recurrencepatterntype', { 0: 'Daily', 1: 'Weekly', 2: 'Monthly', 3: 'Yearly' }),
    whole('interval', { min: 1, maxValue: 999 }),
    whole('daysofweekmask', { min: 0, maxValue: 127 }),
    whole('dayofmonth', { min: 1, maxValue: 31 }),
    whole('monthofyear', { min: 0, maxValue: 12 }),
    choice('instance', { 1: 'First', 2: 'Second', 3: 'Third', 4: 'Fourth', 5: 'Last' }),
    whole('firstdayofweek', { min: 0, maxValue: 6 }),
    yesNo('isweekdaypattern', false),
    yesNo('isnthmonthly', false),
    yesNo('isnthyearly', false),
    choice('patternendtype', { 1: 'No End Date', 2: 'Number of Occurrences', 3: 'Pattern End Date' }),
    day('patternstartdate'),
    day('patternenddate'),
    whole('occurrences', { min: 1, maxValue: 999 }),
    instant('starttime'),
    instant('endtime'),
    whole('duration', { min: 0 }),
    instant('effectivestartdate'),
    instant('effectiveenddate'),
    memo('deletedexceptionslist', 65_536, { search: false }),
    choice('expansionstatecode', { 0: 'Unexpanded', 1: 'Partially expanded', 2: 'Fully expanded' }),
    instant('lastexpandedinstancedate'),
    instant('nextexpansioninstancedate'),
    ...appointmentState(),
  ],
  keys: [{ name: 'identity', columns: ['globalobjectid', 'recurrenceid'] }],
})

export const serviceappointment = activity({
  name: 'serviceappointment',
  set: 'serviceappointments',
  label: 'Service Activity',
  availableOffline: true,
  columns: [
    ...meeting(),
    ...identity(),
    ...state({ 0: 'Open', 1: 'Closed', 2: 'Canceled', 3: 'Scheduled' }, [
      [1, 'Requested', 0],
      [2, 'Tentative', 0],
      [8, 'Completed', 1],
      [9, 'Canceled', 2],
      [10, 'No Show', 2],
      [3, 'Pending', 3],
      [4, 'Reserved', 3],
      [6, 'In Progress', 3],
      [7, 'Arrived', 3],
    ]),
  ],
  indexes: [['scheduledstart']],
})

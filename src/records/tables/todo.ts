import { activity } from './activity.ts'
import { instant, state, text, whole, yesNo } from './columns.ts'

/** What appears as a task in a mailbox: tasks, phone calls, letters, faxes. */

export const task = activity({
  name: 'task',
  set: 'tasks',
  label: 'Task',
  availableOffline: true,
  columns: [
    whole('percentcomplete', { min: 0, maxValue: 100 }),
    text('category', 250),
    text('subcategory', 250),
    text('globalobjectid', 300, { label: 'iCalendar UID', search: false }),
    instant('remindertime'),
    ...state({ 0: 'Open', 1: 'Completed', 2: 'Canceled' }, [
      [2, 'Not Started', 0],
      [3, 'In Progress', 0],
      [4, 'Waiting on someone else', 0],
      [7, 'Deferred', 0],
      [5, 'Completed', 1],
      [6, 'Canceled', 2],
    ]),
  ],
  indexes: [['scheduledend'], ['globalobjectid']],
})

export const phonecall = activity({
  name: 'phonecall',
  set: 'phonecalls',
  label: 'Phone Call',
  availableOffline: true,
  columns: [
    text('phonenumber', 200, { personal: true }),
    yesNo('directioncode', true, { label: 'Direction (yes: outgoing)' }),
    yesNo('leftvoicemail', false),
    text('category', 250),
    text('subcategory', 250),
    ...state({ 0: 'Open', 1: 'Completed', 2: 'Canceled' }, [
      [1, 'Open', 0],
      [2, 'Made', 1],
      [4, 'Received', 1],
      [3, 'Canceled', 2],
    ]),
  ],
})

export const letter = activity({
  name: 'letter',
  set: 'letters',
  label: 'Letter',
  availableOffline: true,
  columns: [
    text('address', 600, { personal: true }),
    yesNo('directioncode', true, { label: 'Direction (yes: outgoing)' }),
    text('category', 250),
    text('subcategory', 250),
    ...state({ 0: 'Open', 1: 'Completed', 2: 'Canceled' }, [
      [1, 'Open', 0],
      [2, 'Draft', 0],
      [3, 'Received', 1],
      [4, 'Sent', 1],
      [5, 'Canceled', 2],
    ]),
  ],
})

export const fax = activity({
  name: 'fax',
  set: 'faxes',
  label: 'Fax',
  availableOffline: true,
  columns: [
    text('faxnumber', 200, { personal: true }),
    text('coverpagename', 100),
    whole('numberofpages', { min: 0 }),
    text('tsid', 20, { search: false }),
    text('billingcode', 50, { search: false }),
    yesNo('directioncode', true, { label: 'Direction (yes: outgoing)' }),
    text('category', 250),
    text('subcategory', 250),
    ...state({ 0: 'Open', 1: 'Completed', 2: 'Canceled' }, [
      [1, 'Open', 0],
      [2, 'Completed', 1],
      [3, 'Sent', 1],
      [4, 'Received', 1],
      [5, 'Canceled', 2],
    ]),
  ],
})

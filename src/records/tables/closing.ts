import { activity } from './activity.ts'
import { lookup, money, state, text, whole } from './columns.ts'

/** What is noted when an opportunity or a case is closed, as activities of their own. */

const closed = () =>
  state({ 0: 'Open', 1: 'Completed', 2: 'Canceled' }, [
    [1, 'Open', 0],
    [2, 'Completed', 1],
    [3, 'Canceled', 2],
  ])

const category = () => [text('category', 250), text('subcategory', 250)]

export const opportunityclose = activity({
  name: 'opportunityclose',
  set: 'opportunitycloses',
  label: 'Opportunity Close',
  columns: [
    lookup('opportunityid', 'opportunity', { required: true, goesAlong: true }),
    money('actualrevenue'),
    ...category(),
    ...closed(),
  ],
})

export const incidentresolution = activity({
  name: 'incidentresolution',
  set: 'incidentresolutions',
  label: 'Case Resolution',
  columns: [
    lookup('incidentid', 'incident', { required: true, goesAlong: true }),
    whole('timespent', { min: 0, label: 'Time spent in minutes' }),
    ...category(),
    ...closed(),
  ],
})

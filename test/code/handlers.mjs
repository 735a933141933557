/**
 * @typedef {(...given: unknown[]) => Promise<any>} Method
 * @typedef {{ create: Method, retrieve: Method, update: Method }} Records
 * @typedef {{ rows: { id: string, values: Record<string, string> }[], records: Records, userId?: string }} Event
 */

/** What an installation's own code looks like; driven by its test. */
export const handlers = [
  {
    name: 'Names are spelled',
    table: 'contact',
    message: ['create', 'update'],
    stage: 'validate',
    columns: ['lastname'],
    run: (/** @type {Event} */ { rows }) => {
      for (const { values } of rows) if (values.lastname === 'x') throw new Error('A name has more than one letter.')
    },
  },
  {
    name: 'Capitals',
    table: 'contact',
    message: 'create',
    stage: 'before',
    run: (/** @type {Event} */ { rows }) => {
      for (const { values } of rows) if (values.lastname) values.lastname = values.lastname.toUpperCase()
    },
  },
  {
    name: 'Company counts',
    table: 'contact',
    message: 'create',
    stage: 'before',
    run: async (/** @type {Event} */ { rows, records, userId }) => {
      for (const { values } of rows) {
        if (values.department !== 'count') continue
        const account = await records.create('account', { name: `By ${userId ? 'a user' : 'the system'}` })
        const { name } = await records.retrieve('account', account, ['name'])
        values.jobtitle = name
      }
    },
  },
  {
    name: 'Hangs',
    table: 'account',
    message: 'create',
    stage: 'before',
    seconds: 0.5,
    run: (/** @type {Event} */ { rows }) => {
      if (rows.some(({ values }) => values.name === 'hang')) for (;;);
    },
  },
  {
    name: 'Broken',
    table: 'account',
    message: 'create',
    stage: 'validate',
    run: (/** @type {Event} */ { rows }) => {
      if (rows.some(({ values }) => values.name === 'broken')) JSON.parse('null').thing()
      if (rows.some(({ values }) => values.name === 'exit')) process.exit(3)
    },
  },
  {
    name: 'Kept',
    table: 'account',
    message: 'delete',
    stage: 'validate',
    run: async (/** @type {Event} */ { rows, records }) => {
      for (const { id } of rows) {
        const { name } = await records.retrieve('account', id, ['name'])
        if (name === 'kept') throw new Error('This company stays.')
      }
    },
  },
  {
    name: 'Circle',
    table: 'lead',
    message: 'create',
    stage: 'before',
    run: (/** @type {Event} */ { records }) => records.create('lead', { subject: 'again', lastname: 'L' }),
  },
  {
    name: 'Only of people we know',
    table: 'email',
    message: 'track',
    stage: 'validate',
    run: (/** @type {Event} */ { rows }) => {
      if (rows.some(({ values }) => String(values.subject).includes('forbidden'))) throw new Error('Not this one.')
    },
  },
  {
    name: 'Note afterwards',
    table: 'opportunity',
    message: 'update',
    stage: 'after',
    columns: ['name'],
    run: async (/** @type {Event} */ { rows, records }) => {
      for (const { id } of rows) await records.update('opportunity', id, { stepname: 'noted' })
    },
  },
]

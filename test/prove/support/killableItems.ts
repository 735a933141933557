import { appendFileSync } from 'node:fs'
import { openRegarding, type Regarding, startWorker } from '#sync'
import { systemClock } from '#time'
import { createRecord, editRecord, makeDue, type Table } from './itemOffice.ts'

/**
 * An installation in one process: the embedded store, a worker, and a person who writes in the CRM all the while, until it
 * is killed. What is about to be said and what was said is written into a file. Arguments: a JSON with the rest.
 */
interface Job {
  directory: string
  log: string
  owner: { id: string; address: string; mailboxId: string }
  guest: { id: string; address: string; mailboxId: string }
}
const job = JSON.parse(process.argv[2] ?? '{}') as Job
const number = process.argv[3] ?? ''
const tell = (line: object) => appendFileSync(job.log, `${JSON.stringify(line)}\n`)

const regarding = await openWhenFree()
Object.assign(regarding, {
  before: async () => {
    if (Math.random() < 0.2) await systemClock.sleep(50)
  },
})
startWorker(regarding, {
  concurrency: 2,
  onError: (error, doing) => process.stderr.write(`${doing}: ${String(error)}\n`),
})
/** Acts before it says that it is at work. */
const AT_WORK = 15
const TABLES: readonly Table[] = ['contact', 'task', 'appointment']
const records: { table: Table; id: string }[] = []
for (let count = 0; ; count++) {
  if (count === AT_WORK) process.stdout.write('at work\n')
  await makeDue(regarding, [job.owner, job.guest])
  const one = records[Math.floor(Math.random() * records.length)]
  if (!one || Math.random() < 0.3) {
    const table = TABLES[count % 3] as Table
    const name = `${table} ${number}.${count}`
    tell({ will: { name, table } })
    const day = 30 + 100 * Number(number) + count
    const { id } = await createRecord(regarding, job, { table, name, day })
    tell({ made: { name, table } })
    records.push({ table, id })
  } else {
    const isDeleted = one.table === 'task' && Math.random() < 0.08
    const value = isDeleted ? undefined : `R${number}.${count}.`
    const edit = await editRecord(regarding, one, value, (attempt) => tell({ attempt }))
    if (edit) tell({ edit })
  }
  await systemClock.sleep(Math.random() * 60)
}

async function openWhenFree(): Promise<Regarding> {
  for (;;)
    try {
      return await openRegarding({ directory: job.directory }, { schedule: { pauseMilliseconds: 50 } })
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('already open'))) throw error
      await systemClock.sleep(10)
    }
}

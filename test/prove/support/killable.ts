import { openDatabase } from '#database'
import { createSchedule } from '#schedule'
import { assemble, startWorker } from '#sync'
import { systemClock } from '#time'

/** A real worker in a process of its own, which is killed in the middle of its work. Arguments: database URL, key. */
const [, , url = '', key = ''] = process.argv
const database = await openDatabase({ url }, { key: { text: key }, migrations: false, connections: 4 })
const regarding = await assemble(database, systemClock)
const schedule = createSchedule({ database, clock: systemClock, leaseMilliseconds: 1500 })
startWorker(Object.assign(regarding, { schedule }), {
  concurrency: 4,
  onError: (error, doing) => process.stderr.write(`${doing}: ${String(error)}\n`),
})
process.stdout.write('ready\n')

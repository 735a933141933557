import { openDatabase } from '#database'
import { assemble, startWorker } from '#sync'
import { systemClock } from '#time'
import { SOON } from './soon.ts'

/** A real worker in a process of its own, which is killed in the middle of its work. Arguments: database URL, key. */
const [, , url = '', key = ''] = process.argv
const database = await openDatabase({ url }, { key: { text: key }, migrations: false, connections: 4 })
const regarding = await assemble(database, systemClock, { schedule: SOON })
/** Most of its time it stands between two effects, where a kill hurts most. */
const before = async (): Promise<void> => {
  if (Math.random() < 0.2) await systemClock.sleep(100)
}
Object.assign(regarding, { before })
startWorker(regarding, {
  concurrency: 3,
  onError: (error, doing) => process.stderr.write(`${doing}: ${String(error)}\n`),
})
process.stdout.write('ready\n')

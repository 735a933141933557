import { openDatabase } from '#database'
import { assemble, deliverDue } from '#sync'
import { systemClock } from '#time'

/** Sends webhooks until it is killed. */
const [url = '', key = ''] = process.argv.slice(2)
const database = await openDatabase({ url }, { key: { text: key } })
const regarding = await assemble(database, systemClock, { webhookNetworks: '127.0.0.1' })
process.stdout.write('ready\n')
for (;;) {
  await deliverDue(regarding, 500)
  await systemClock.sleep(50)
}

import { openDatabase, type Target } from '#database'
import { assemble, syncMailbox } from '#sync'
import { systemClock } from '#time'

/**
 * One cycle in a process of its own, whose memory is watched. Arguments: the target as JSON, key, mailbox. Prints what the
 * cycle counted, and by how many bytes the process grew at most.
 */
const [, , target = '', key = '', mailboxId = ''] = process.argv
const database = await openDatabase(JSON.parse(target) as Target, { key: { text: key }, migrations: false })
const regarding = await assemble(database, systemClock)
// What any cycle needs is loaded before it is measured.
await syncMailbox(regarding, mailboxId)
process.send?.('ready')
await new Promise((resolve) => process.once('message', resolve))
const before = process.memoryUsage.rss()
let most = before
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss())
}, 20)
const tally = await syncMailbox(regarding, mailboxId)
clearInterval(watch)
await regarding.close()
process.send?.({ tally, grew: most - before })
process.disconnect()

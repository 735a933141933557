import { openDatabase, type Target } from '#database'
import { createToken, startServer } from '#http'
import { assemble } from '#sync'
import { systemClock } from '#time'

/** Declares tables and columns through its own Web API until it is killed. Arguments: target, key, administrator, number. */
const [, , target = '', key = '', administrator = '', number = ''] = process.argv
const database = await openDatabase(JSON.parse(target) as Target, { key: { text: key }, connections: 4 })
const regarding = await assemble(database, systemClock)
const { url } = await startServer(regarding, { port: 0 })
const expires = new Date(systemClock.now().getTime() + 3_600_000)
const { secret } = await createToken(regarding, administrator, 'test', expires)

const type = 'Microsoft.Dynamics.CRM.StringAttributeMetadata'
const column = (SchemaName: string, more: object = {}) => ({ '@odata.type': type, SchemaName, MaxLength: 50, ...more })

async function send(method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${url}/api/data/v9.2/EntityDefinitions${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (answer.status !== 204) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`)
}

for (let n = 0; ; n++) {
  const name = `new_k${number}n${n}`
  const at = `(LogicalName='${name}')`
  await send('POST', '', { SchemaName: name, Attributes: [column('new_first', { IsPrimaryName: true })] })
  if (n === 0) process.stdout.write('ready\n')
  for (const each of ['new_second', 'new_third']) await send('POST', `${at}/Attributes`, column(each))
  await send('DELETE', `${at}/Attributes(LogicalName='new_second')`)
  if (n % 3 === 2) await send('DELETE', at)
}

import { Together } from '../../together.ts'
import { batch, type Part } from '../batch.ts'
import type { Asked, GraphClient } from '../client.ts'

/** One request below the mailbox, about one item. */
type ItemAsked = Pick<Asked, 'path' | 'headers' | 'deed' | 'repeatable'> & {
  method?: Part['method']
  body?: object
}

interface Told<T> {
  value: T
}

/** Asks one thing, and resolves to its answer. @throws MailboxError */
export type Ask = <T>(asked: ItemAsked) => Promise<Told<T>>

/** https://learn.microsoft.com/graph/json-batching: 20 parts, and 4 MB with everything around them. */
const MOST_PARTS = 20
const MOST_SIZE = 2_500_000

/** Requests about single items that are made at once go together, 20 in one (SC-56: each fails alone). */
export function askingTogether(client: GraphClient): Ask {
  const together = new Together<ItemAsked, unknown>((all) => send(client, all), {
    count: MOST_PARTS,
    size: MOST_SIZE,
    sizeOf: ({ body }) => (body ? Buffer.byteLength(JSON.stringify(body)) : 0),
  })
  return async <T>(asked: ItemAsked): Promise<Told<T>> => ({ value: (await together.ask(asked)) as T })
}

async function send(client: GraphClient, all: readonly ItemAsked[]): Promise<PromiseSettledResult<unknown>[]> {
  const [first] = all
  if (all.length === 1 && first) return [{ status: 'fulfilled', value: (await client.json(first)).value }]
  const parts = all.map(
    ({ method = 'GET', path, headers, body }): Part => ({
      method,
      path,
      ...(headers && { headers }),
      ...(body && { body }),
    }),
  )
  const isRepeatable = all.every(({ repeatable, method = 'GET' }) => repeatable ?? method === 'GET')
  const answers = await batch(client, parts, first?.deed ?? '', { repeatable: isRepeatable })
  return answers.map(({ body, error }) =>
    error ? { status: 'rejected', reason: error } : { status: 'fulfilled', value: body },
  )
}

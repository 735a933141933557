import { z } from 'zod'
import type { LinkedResource, OpenExtension, Task } from '../model/index.ts'
import { readJson } from './body.ts'
import type { MailboxContext } from './context.ts'
import { GraphError, notFound } from './error.ts'
import type { GraphAnswer } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { taskOf } from './taskAccess.ts'
import { extensionJson, linkedJson } from './taskJson.ts'

export const linkedSchema = z.strictObject({
  applicationName: z.string().max(255).nullish(),
  displayName: z.string().max(255).nullish(),
  externalId: z.string().max(512).nullish(),
  webUrl: z.string().max(2_000).nullish(),
})
const extensionSchema = z.object({ extensionName: z.string().min(1).max(100) }).catchall(z.unknown())

const LINKED = 'todo/lists/{list}/tasks/{task}/linkedResources'
const EXTENSIONS = 'todo/lists/{list}/tasks/{task}/extensions'

/** What other programs keep with a task: linked resources and open extensions. */
export const taskPartRoutes: MailboxRoutes = {
  [`GET ${LINKED}`]: (context) => ({ status: 200, body: { value: (taskOf(context).linked ?? []).map(linkedJson) } }),
  [`POST ${LINKED}`]: (context) => {
    const made = newLinked(context, readJson(context.request, linkedSchema, 'microsoft.graph.linkedResource'))
    return written(context, { linked: [...(taskOf(context).linked ?? []), made] }, linkedJson(made), 201)
  },
  [`PATCH ${LINKED}/{linked}`]: (context) => {
    const body = readJson(context.request, linkedSchema, 'microsoft.graph.linkedResource')
    const before = linkedOf(context)
    const after = { ...before, ...newLinked(context, { ...before, ...body }), id: before.id }
    const linked = (taskOf(context).linked ?? []).map((each) => (each.id === before.id ? after : each))
    return written(context, { linked }, linkedJson(after), 200)
  },
  [`DELETE ${LINKED}/{linked}`]: (context) => {
    const { id } = linkedOf(context)
    const linked = (taskOf(context).linked ?? []).filter((each) => each.id !== id)
    return written(context, { linked }, undefined, 204)
  },
  [`POST ${EXTENSIONS}`]: (context) => {
    const made = readExtension(context)
    const others = taskOf(context).extensions ?? []
    if (others.some(({ extensionName }) => extensionName === made.extensionName))
      throw new GraphError(409, 'NameAlreadyExists', 'An extension already exists with given id.')
    return written(context, { extensions: [...others, made] }, extensionJson(made), 201)
  },
  [`PATCH ${EXTENSIONS}/{extension}`]: (context) => {
    const { extensionName } = extensionOf(context)
    const made = { ...readExtension(context, extensionName), extensionName }
    const extensions = (taskOf(context).extensions ?? []).map((each) =>
      each.extensionName === extensionName ? made : each,
    )
    return written(context, { extensions }, extensionJson(made), 200)
  },
  [`DELETE ${EXTENSIONS}/{extension}`]: (context) => {
    const gone = extensionOf(context)
    const extensions = (taskOf(context).extensions ?? []).filter((each) => each !== gone)
    return written(context, { extensions }, undefined, 204)
  },
}

export function newLinked({ world }: MailboxContext, body: z.infer<typeof linkedSchema>): LinkedResource {
  const { applicationName, displayName, externalId, webUrl } = body
  return {
    id: world.ids.guid(),
    applicationName: applicationName ?? undefined,
    displayName: displayName ?? undefined,
    externalId: externalId ?? undefined,
    webUrl: webUrl ?? undefined,
  }
}

function linkedOf(context: MailboxContext): LinkedResource {
  const found = taskOf(context).linked?.find(({ id }) => id === context.params['linked'])
  if (!found) throw notFound()
  return found
}

function extensionOf(context: MailboxContext): OpenExtension {
  const name = (context.params['extension'] ?? '').replace(/^microsoft\.graph\.openTypeExtension\./i, '')
  const found = taskOf(context).extensions?.find(({ extensionName }) => extensionName === name)
  if (!found) throw notFound()
  return found
}

/** All values at once: what is not said is gone. */
function readExtension({ request }: MailboxContext, name?: string): OpenExtension {
  const schema = name === undefined ? extensionSchema : extensionSchema.partial({ extensionName: true })
  const { extensionName, ...values } = readJson(request, schema, 'microsoft.graph.openTypeExtension') as {
    extensionName?: string
  }
  return { extensionName: extensionName ?? name ?? '', values }
}

function written(context: MailboxContext, change: Partial<Task>, body: unknown, status: number): GraphAnswer {
  context.mailbox.update<Task>(taskOf(context).id, change)
  return { status, ...(body !== undefined && { body }) }
}

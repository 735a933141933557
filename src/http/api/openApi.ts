import { z } from 'zod'
import { operations } from '../operations/index.ts'
import { answerOf, type Operation } from '../operations/operation.ts'
import { ROOT } from './call.ts'
import { WRITE_PATHS } from './openApiWrites.ts'

const failure = z.object({
  error: z.object({ code: z.string(), message: z.string(), target: z.string().optional() }),
})

let made: object | undefined

/** The API in OpenAPI 3.1, from the same schemas that check its requests and answers. */
export function openApi(): object {
  made ??= {
    openapi: '3.1.0',
    info: {
      title: 'Regarding Web API',
      version: 'v9.2',
      description:
        "OData v4: entity sets are read with $select, $filter, $orderby, $top, $count, $expand, $apply or fetchXml, and described by $metadata; functions take literals, e.g. Explain(MessageId='<a@b>').",
    },
    security: [{ bearer: [] }, { session: [] }],
    paths: {
      ...merged(readPaths(), WRITE_PATHS),
      ...Object.fromEntries(operations.map((each) => [pathOf(each), pathItem(each)])),
    },
    components: {
      schemas: { Failure: schemaOf(failure, 'output') },
      responses: {
        Failure: {
          description: 'A failure with a stable code',
          content: json({ $ref: '#/components/schemas/Failure' }),
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A personal access token, or one of /oauth/token' },
        application: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: {} } } },
        session: { type: 'apiKey', in: 'cookie', name: 'regarding', description: 'Signed in at /signin' },
      },
    },
  }
  return made
}

/** Both ways to use a path stand under it once. */
function merged(reads: Record<string, object>, writes: Readonly<Record<string, object>>): Record<string, object> {
  return Object.fromEntries(
    [...new Set([...Object.keys(reads), ...Object.keys(writes)])].map((path) => [
      path,
      { ...reads[path], ...writes[path] },
    ]),
  )
}

function pathOf({ name, kind, bound }: Operation): string {
  if (bound !== undefined) return `${ROOT}/{${bound}}/Microsoft.Dynamics.CRM.${name}`
  return kind === 'action' ? `${ROOT}/${name}` : `${ROOT}/${name}()`
}

function pathItem(operation: Operation): object {
  const common = {
    operationId: operation.name,
    summary: operation.says,
    responses: operation.silent
      ? { '204': { description: 'Done' }, default: { $ref: '#/components/responses/Failure' } }
      : answers(json(schemaOf(answerOf(operation), 'output'))),
  }
  const input = schemaOf(operation.input, 'input')
  if (operation.kind === 'action') {
    const at = {
      name: operation.bound,
      in: 'path',
      required: true,
      description: 'The address of a row',
      schema: { type: 'string' },
    }
    const parameters = operation.bound === undefined ? {} : { parameters: [at] }
    return { post: { ...common, ...parameters, requestBody: { required: true, content: json(input) } } }
  }
  const { properties = {}, required = [] } = input as { properties?: Record<string, object>; required?: string[] }
  const parameters = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description: 'An OData literal: text in single quotes, JSON for collections and records',
    schema,
  }))
  return { get: { ...common, parameters } }
}

function readPaths(): Record<string, object> {
  const text = { type: 'string', maxLength: 32_768 }
  const query = (name: string) => ({ name, in: 'query', schema: text })
  const set = { name: 'entitySet', in: 'path', required: true, schema: text }
  const key = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
  const prefer = {
    name: 'Prefer',
    in: 'header',
    schema: text,
    description: 'odata.maxpagesize, odata.include-annotations, odata.track-changes',
  }
  const options = [
    '$select',
    '$filter',
    '$orderby',
    '$top',
    '$count',
    '$expand',
    '$skiptoken',
    '$apply',
    '$deltatoken',
    'fetchXml',
    'savedQuery',
    'userQuery',
  ].map(query)
  const row = { type: 'object', additionalProperties: true }
  const rows = { type: 'object', properties: { value: { type: 'array', items: row } }, required: ['value'] }
  return {
    [`${ROOT}/{entitySet}`]: {
      get: {
        operationId: 'List',
        summary: 'Rows of a table',
        parameters: [set, ...options, prefer],
        responses: answers(json(rows)),
      },
    },
    [`${ROOT}/{entitySet}({id})`]: {
      get: {
        operationId: 'Retrieve',
        summary: 'One row',
        parameters: [set, key, query('$select'), query('$expand'), prefer],
        responses: answers(json(row)),
      },
    },
  }
}

function answers(content: object): object {
  return { '200': { description: 'Done', content }, default: { $ref: '#/components/responses/Failure' } }
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' })
  return rest
}

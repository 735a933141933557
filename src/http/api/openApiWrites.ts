import { ROOT } from './call.ts'

const TEXT = { type: 'string', maxLength: 32_768 }
const ROW = { type: 'object', additionalProperties: true }
const REFERENCE = { type: 'object', properties: { '@odata.id': TEXT }, required: ['@odata.id'] }
const FAILURE = { $ref: '#/components/responses/Failure' }
const json = (schema: object) => ({ 'application/json': { schema } })
const body = (schema: object) => ({ required: true, content: json(schema) })
const inPath = (name: string, says: string) => ({ name, in: 'path', required: true, schema: TEXT, description: says })
const header = (name: string, says: string) => ({ name, in: 'header', schema: TEXT, description: says })

const SET = inPath('entitySet', 'The name of an entity set')
const KEY = inPath('id', 'The id of the row, or the columns of an alternate key: name=value,…')
const PREFER = header('Prefer', 'return=representation sends the row back')
const MATCH = header('If-Match', '* where the row must exist; its etag where it must not have changed')
const NONE = header('If-None-Match', '* where the row must not exist')
const DUPLICATES = header('MSCRM.SuppressDuplicateDetection', 'false refuses rows that look like others')

const written = (status: string, says: string) => ({
  '204': { description: `${says}; OData-EntityId names it` },
  [status]: { description: `${says}, and here it is`, content: json(ROW) },
  default: FAILURE,
})
const done = { '204': { description: 'Done' }, default: FAILURE }

/** How rows are written, beside the paths on which they are read. */
export const WRITE_PATHS: Readonly<Record<string, object>> = {
  [`${ROOT}/{entitySet}`]: {
    post: {
      operationId: 'Create',
      summary: 'Creates a row, with rows within it; lookups are bound by `…@odata.bind`',
      parameters: [SET, PREFER, DUPLICATES],
      requestBody: body(ROW),
      responses: written('201', 'The row was created'),
    },
  },
  [`${ROOT}/{entitySet}({id})`]: {
    patch: {
      operationId: 'Upsert',
      summary: 'Changes a row, or creates it where there is none',
      parameters: [SET, KEY, MATCH, NONE, PREFER, DUPLICATES],
      requestBody: body(ROW),
      responses: written('200', 'The row was written'),
    },
    delete: { operationId: 'Delete', summary: 'Deletes a row', parameters: [SET, KEY, MATCH], responses: done },
  },
  [`${ROOT}/{entitySet}({id})/{property}`]: {
    put: {
      operationId: 'SetProperty',
      summary: 'Sets one column of a row',
      parameters: [SET, KEY, inPath('property', 'A column')],
      requestBody: body({ type: 'object', properties: { value: {} }, required: ['value'] }),
      responses: done,
    },
    delete: {
      operationId: 'EmptyProperty',
      summary: 'Empties a column or lookup of a row',
      parameters: [SET, KEY, inPath('property', 'A column, or a single-valued navigation property')],
      responses: done,
    },
  },
  [`${ROOT}/{entitySet}({id})/{navigation}/$ref`]: {
    post: {
      operationId: 'Associate',
      summary: 'Puts a row into a collection of another',
      parameters: [SET, KEY, inPath('navigation', 'A collection')],
      requestBody: body(REFERENCE),
      responses: done,
    },
    put: {
      operationId: 'SetReference',
      summary: 'Points a lookup to a row',
      parameters: [SET, KEY, inPath('navigation', 'A single-valued navigation property')],
      requestBody: body(REFERENCE),
      responses: done,
    },
    delete: {
      operationId: 'Disassociate',
      summary: 'Empties a lookup, or takes the row that $id names out of a collection',
      parameters: [SET, KEY, inPath('navigation', 'A navigation property'), { name: '$id', in: 'query', schema: TEXT }],
      responses: done,
    },
  },
  ...Object.fromEntries(
    ['CreateMultiple', 'UpdateMultiple', 'UpsertMultiple'].map((verb) => [bulkPath(verb), bulk(verb)]),
  ),
  [`${ROOT}/$batch`]: {
    post: {
      operationId: 'Batch',
      summary: 'Up to 1000 requests in one; those of a change set happen all or not at all',
      parameters: [header('Prefer', 'odata.continue-on-error goes on after a failure')],
      requestBody: { required: true, content: { 'multipart/mixed': { schema: { type: 'string' } } } },
      responses: {
        '200': { description: 'The answers in order', content: { 'multipart/mixed': { schema: { type: 'string' } } } },
        default: FAILURE,
      },
    },
  },
}

function bulkPath(verb: string): string {
  return `${ROOT}/{entitySet}/Microsoft.Dynamics.CRM.${verb}`
}

function bulk(verb: string): object {
  const rows = { type: 'array', maxItems: 1000, items: ROW }
  const ids = { type: 'object', properties: { Ids: { type: 'array', items: TEXT } }, required: ['Ids'] }
  return {
    post: {
      operationId: verb,
      summary: `${verb.replace('Multiple', '')}s many rows of a table, all or none`,
      parameters: [SET, DUPLICATES],
      requestBody: body({ type: 'object', properties: { Targets: rows }, required: ['Targets'] }),
      responses:
        verb === 'CreateMultiple'
          ? { '200': { description: 'Their ids', content: json(ids) }, default: FAILURE }
          : done,
    },
  }
}

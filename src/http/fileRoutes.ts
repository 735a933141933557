import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Access, parseFetch, type Query, type Row } from '#records'
import {
  exportCsv,
  exportExcel,
  icalendarOf,
  importRecords,
  keepMapping,
  type Regarding,
  savedMapping,
  vcardOf,
} from '#sync'
import { callerOf, identify } from './caller.ts'
import { RequestError } from './failure.ts'

const MEBIBYTE = 1024 * 1024
const MILLISECONDS = 300_000
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Data in and out as files: tables as CSV and Excel, a contact as vCard, an appointment as iCalendar. */
export async function fileRoutes(app: FastifyInstance, regarding: Regarding): Promise<void> {
  app.addHook('onRequest', async (request) => {
    request.caller = await identify(regarding, request)
    callerOf(request)
  })
  const accessOf = (request: FastifyRequest): Access =>
    regarding.records.as({ kind: 'user', id: callerOf(request).userId })

  app.get('/api/export/:file', { handlerTimeout: MILLISECONDS }, async (request, reply) => {
    const { set, format } = exported((request.params as { file: string }).file)
    const query = queryOf(regarding, set, (request.query as { fetchXml?: unknown }).fetchXml)
    attach(reply, `${set}.${format}`)
    if (format === 'csv')
      return reply.type('text/csv; charset=utf-8').send(Readable.from(exportCsv(regarding, accessOf(request), query)))
    return reply
      .type('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
      .send(await exportExcel(regarding, accessOf(request), query))
  })

  await app.register(async (scope) => {
    scope.addContentTypeParser(
      ['text/csv', 'application/octet-stream'],
      { parseAs: 'buffer', bodyLimit: 20 * MEBIBYTE },
      (_request, body, done) => done(null, body),
    )
    scope.post('/api/import/:set', { bodyLimit: 20 * MEBIBYTE, handlerTimeout: MILLISECONDS }, async (request) => {
      const table = regarding.records.catalogue.bySet((request.params as { set: string }).set)
      const { preview, duplicates, mapping, saveMapping } = saidOnce(request.query as object)
      const who = { kind: 'user', id: callerOf(request).userId } as const
      const saved = mapping === undefined ? undefined : await savedMapping(regarding, who, table.name, mapping)
      const result = await importRecords(regarding, who, {
        table: table.name,
        ...(saved ? { mapping: saved } : {}),
        file: request.body as Uint8Array,
        preview: preview === 'true',
        allowDuplicates: duplicates === 'true',
      })
      if (saveMapping !== undefined)
        await keepMapping(regarding, who, { table: table.name, name: saveMapping, mapping: result.mapping })
      return result
    })
  })

  app.get('/api/vcard/:id', async (request, reply) => {
    const { version = '4' } = request.query as { version?: string }
    if (version !== '3' && version !== '4')
      throw new RequestError(400, 'ParameterInvalid', 'The version of a vCard is 3 or 4.', { target: 'version' })
    const row = await rowOf(accessOf(request), 'contact', request)
    attach(reply, 'contact.vcf')
    return reply.type('text/vcard; charset=utf-8').send(vcardOf(row, version === '3' ? 3 : 4))
  })

  app.get('/api/icalendar/:id', async (request, reply) => {
    const row = await rowOf(accessOf(request), 'appointment', request)
    attach(reply, 'appointment.ics')
    return reply.type('text/calendar; charset=utf-8').send(icalendarOf(row, regarding.clock.now()))
  })
}

/** Of what a query string says several times, nothing. */
function saidOnce(query: object): { [name: string]: string | undefined } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => typeof value === 'string'))
}

function exported(file: string): { set: string; format: 'csv' | 'xlsx' } {
  const [, set, format] = /^([a-z_][a-z0-9_]{0,127})\.(csv|xlsx)$/.exec(file) ?? []
  if (set && (format === 'csv' || format === 'xlsx')) return { set, format }
  throw new RequestError(404, 'ResourceNotFound', 'Tables are exported as <entity set>.csv or <entity set>.xlsx.')
}

function queryOf({ records }: Regarding, set: string, fetchXml: unknown): Query {
  const table = records.catalogue.bySet(set)
  if (typeof fetchXml !== 'string') return { table: table.name }
  const query = parseFetch(fetchXml)
  if (query.table !== table.name)
    throw new RequestError(400, 'QueryInvalid', `The fetch asks for ${query.table}, the address for ${table.name}.`)
  return query
}

async function rowOf(access: Access, table: string, request: FastifyRequest): Promise<Row> {
  const id = (request.params as { id: string }).id.replace(/\.(vcf|ics)$/, '')
  const row = ID.test(id) ? await access.retrieve(table, id) : undefined
  if (!row) throw new RequestError(404, 'NotFound', `There is no ${table} ${id.slice(0, 50)} that you may read.`)
  return row
}

function attach(reply: FastifyReply, name: string): void {
  reply.header('content-disposition', `attachment; filename="${name}"`).header('x-content-type-options', 'nosniff')
}

import { z } from 'zod'
import { badRequest, GraphError } from './error.ts'
import type { GraphRequest } from './request.ts'

/**
 * The JSON of a request, held against what the type has. Annotations (`@odata.type` …) are passed over.
 * @throws GraphError 400 for what is no JSON, for properties that the type does not have and for values of another type
 */
export function readJson<T>({ body, headers }: GraphRequest, schema: z.ZodType<T>, type: string): T {
  if (body.length && !/json/i.test(headers['content-type'] ?? 'application/json'))
    throw new GraphError(415, 'UnsupportedMediaType', `A body of type ${headers['content-type']} is not supported.`)
  let given: unknown
  try {
    given = withoutAnnotations(JSON.parse(body.length ? body.toString('utf8') : '{}'))
  } catch {
    throw badRequest(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    )
  }
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const [issue] = read.error.issues
  if (issue?.code === 'unrecognized_keys')
    throw badRequest(
      `The property '${issue.keys[0]}' does not exist on type '${type}'. Make sure to only use property names that are defined by the type or mark the type as open type.`,
      'RequestBodyRead',
    )
  throw badRequest(`Cannot read '${issue?.path.join('/')}' of type '${type}': ${issue?.message}.`, 'RequestBodyRead')
}

function withoutAnnotations(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAnnotations)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.includes('@odata.'))
      .map(([name, inner]) => [name, withoutAnnotations(inner)]),
  )
}

export const recipientSchema = z.strictObject({
  emailAddress: z.strictObject({ name: z.string().nullish(), address: z.string().max(500).nullish() }),
})

export const bodySchema = z.strictObject({
  contentType: z
    .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(['text', 'html']))
    .optional(),
  content: z.string().nullish(),
})

export const dateTimeSchema = z.strictObject({ dateTime: z.string().max(40), timeZone: z.string().max(100).nullish() })

export const importanceSchema = z.preprocess(
  (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  z.enum(['low', 'normal', 'high']),
)

export const propertiesSchema = {
  singleValueExtendedProperties: z
    .array(z.strictObject({ id: z.string(), value: z.string().nullish() }))
    .max(100)
    .optional(),
  multiValueExtendedProperties: z
    .array(z.strictObject({ id: z.string(), value: z.array(z.string()) }))
    .max(100)
    .optional(),
}

export const categoriesSchema = z.array(z.string().min(1).max(255)).max(100).optional()

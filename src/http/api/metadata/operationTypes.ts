import { z } from 'zod'
import type { Operation } from '../../operations/operation.ts'
import { element, type Markup } from './xml.ts'

/** What a schema says in JSON, as far as CSDL can say it too. */
interface Schema {
  type?: string | readonly string[]
  format?: string
  items?: Schema
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
}

/** What is neither a plain value nor an object with known properties. */
const OPEN = 'Dictionary'

/** Operations in CSDL, with complex types for what they take and give. */
export class OperationTypes {
  readonly #alias: string
  readonly #types = new Map<string, Markup>()

  constructor(alias: string) {
    this.#alias = alias
    this.#types.set(OPEN, element('ComplexType', { Name: OPEN, OpenType: 'true' }))
  }

  declare({ name, kind, input, output, bound, silent }: Operation): Markup {
    const given = schemaOf(input, 'input')
    const parameters = Object.entries(given.properties ?? {}).map(([parameter, schema]) =>
      element('Parameter', {
        Name: parameter,
        Type: this.#typeOf(schema, `${name}_${parameter}`),
        ...(given.required?.includes(parameter) ? { Nullable: 'false' } : {}),
      }),
    )
    const row = bound === undefined ? [] : [element('Parameter', { Name: 'entity', Type: `${this.#alias}.${bound}` })]
    const type = silent ? undefined : this.#complex(schemaOf(output, 'output'), `${name}Response`)
    return element(
      kind === 'action' ? 'Action' : 'Function',
      { Name: name, ...(bound === undefined ? {} : { IsBound: 'true' }) },
      [...row, ...parameters, ...(type ? [element('ReturnType', { Type: type, Nullable: 'false' })] : [])],
    )
  }

  complexTypes(): readonly Markup[] {
    return [...this.#types.values()]
  }

  #typeOf(schema: Schema, name: string): string {
    const type = [schema.type].flat().find((each) => each !== 'null')
    switch (type) {
      case 'string':
        if (schema.format === 'uuid') return 'Edm.Guid'
        return schema.format === 'date-time' ? 'Edm.DateTimeOffset' : 'Edm.String'
      case 'integer':
        return 'Edm.Int64'
      case 'number':
        return 'Edm.Double'
      case 'boolean':
        return 'Edm.Boolean'
      case 'array':
        return `Collection(${this.#typeOf(schema.items ?? {}, name)})`
      case undefined:
      default:
        return this.#complex(schema, name)
    }
  }

  #complex(schema: Schema, name: string): string {
    const isResponse = name.endsWith('Response')
    if (!schema.properties || (Object.keys(schema.properties).length === 0 && !isResponse))
      return `${this.#alias}.${OPEN}`
    const required = new Set(schema.required)
    const properties = Object.entries(schema.properties)
      .filter(([property]) => !property.startsWith('@'))
      .map(([property, of]) =>
        element('Property', {
          Name: property,
          Type: this.#typeOf(of, `${name}_${property}`),
          ...(required.has(property) ? { Nullable: 'false' } : {}),
        }),
      )
    this.#types.set(name, element('ComplexType', { Name: name }, properties))
    return `${this.#alias}.${name}`
  }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  return z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as Schema
}

import { type Access, type Catalogue, type ColumnDefinition, RecordError, type Reference, type Value } from '#records'
import { readable } from './cells.ts'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Reads the texts of a file as values of columns; records that lookups name are looked up once. */
export class ImportedValues {
  readonly #catalogue: Catalogue
  readonly #access: Access
  readonly #known = new Map<string, Promise<Reference>>()

  constructor(catalogue: Catalogue, access: Access) {
    this.#catalogue = catalogue
    this.#access = access
  }

  /** @throws RecordError naming the column, the text and what would be understood. */
  async of(column: ColumnDefinition, given: string): Promise<Value | Reference> {
    const text = readable(given.trim())
    if (text === '') return null
    switch (column.type) {
      case 'choice':
        return choiceOf(column, text)
      case 'choices':
        return text
          .split(/[;,]/)
          .map((one) => choiceOf(column, one.trim()))
          .join(',')
      case 'boolean':
        return yesNo(column, text)
      case 'integer':
      case 'bigint':
      case 'decimal':
      case 'money':
        return numberOf(column, text)
      case 'datetime':
        return instantOf(column, text)
      case 'lookup': {
        const known = this.#known.get(`${column.name}\0${text}`) ?? this.#find(column, text)
        this.#known.set(`${column.name}\0${text}`, known)
        return known
      }
      case 'text':
      case 'memo':
      case 'date':
      case 'id':
      case 'json':
      case 'secret':
        return text
    }
  }

  /** By id or by name, in any of the tables that the lookup may point to. */
  async #find(column: ColumnDefinition, text: string): Promise<Reference> {
    const found: Reference[] = []
    for (const name of column.targets ?? []) {
      const table = this.#catalogue.find(name)
      if (!table || table.view || !(await this.#access.may('read', name))) continue
      const { rows } = await this.#access.query({
        table: name,
        columns: [table.id],
        filter: {
          kind: 'filter',
          type: 'and',
          items: [
            { kind: 'condition', column: ID.test(text) ? table.id : table.primaryName, operator: 'eq', values: [text] },
          ],
        },
        top: 2,
      })
      found.push(...rows.map((row) => ({ table: name, id: String(row[table.id]) })))
    }
    const [only, second] = found
    if (only && !second) return only
    throw invalid(column, text, only ? 'several records have that name; give the id' : 'there is no such record')
  }
}

function choiceOf({ options = {}, ...column }: ColumnDefinition, text: string): number {
  const wanted = text.toLowerCase()
  const found = Object.entries(options).find(([code, label]) => code === text || label.toLowerCase() === wanted)
  if (found) return Number(found[0])
  throw invalid(column, text, `it is one of ${Object.values(options).slice(0, 20).join(', ')}`)
}

function yesNo(column: ColumnDefinition, text: string): boolean {
  if (/^(true|yes|y|1|on)$/i.test(text)) return true
  if (/^(false|no|n|0|off)$/i.test(text)) return false
  throw invalid(column, text, 'it is yes or no')
}

/** A point before the decimals; a comma only between thousands. */
function numberOf(column: ColumnDefinition, text: string): number {
  const plain = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text
  if (/^-?\d+(\.\d+)?$/.test(plain)) return Number(plain)
  throw invalid(column, text, 'it is a number such as 1234.5')
}

function instantOf(column: ColumnDefinition, text: string): Date {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || !/\d:\d/.test(text) ? text : `${text}Z`
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(zoned.replace(' ', 'T')) : new Date(Number.NaN)
  if (!Number.isNaN(at.getTime())) return at
  throw invalid(column, text, 'it is a time such as 2026-01-31T14:00Z')
}

const invalid = (column: Pick<ColumnDefinition, 'name'>, text: string, what: string) =>
  new RecordError('ValueInvalid', `“${column.name}” cannot be “${text.slice(0, 60)}”: ${what}.`, {
    column: column.name,
  })

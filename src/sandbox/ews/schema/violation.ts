/** What a request breaks of the schema, and where, in the words of Exchange (of .NET, that is). */
export class SchemaViolation extends Error {
  override readonly name = 'SchemaViolation'
  /** Of the element's start tag, from 1. */
  readonly line: number
  readonly column: number

  constructor(message: string, place: { line: number; column: number }) {
    super(message)
    this.line = place.line
    this.column = place.column
  }
}

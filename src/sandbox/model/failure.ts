export type FailureCode =
  /** No such mailbox, folder, item or attachment. */
  | 'notFound'
  /** The item was changed since the change key that was given. */
  | 'conflict'
  /** The name or the key is in use. */
  | 'exists'
  | 'invalid'
  | 'denied'
  /** What the cursor remembers is not known any more: read anew. */
  | 'cursorLost'

/** What the model refuses; each face says it in its own words. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: FailureCode

  constructor(code: FailureCode, message: string) {
    super(message)
    this.code = code
  }
}

import { Failure, type FailureCode } from '../model/index.ts'

/** An error as Graph answers it: `{ error: { code, message, innerError } }`. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** The connection shall be cut instead of an answer. */
export class Cut extends Error {
  override readonly name = 'Cut'
}

const OF_FAILURES: Record<FailureCode, readonly [status: number, code: string]> = {
  notFound: [404, 'ErrorItemNotFound'],
  conflict: [412, 'ErrorIrresolvableConflict'],
  exists: [409, 'ErrorFolderExists'],
  invalid: [400, 'ErrorInvalidRequest'],
  denied: [403, 'ErrorAccessDenied'],
  cursorLost: [410, 'SyncStateNotFound'],
}

/** What the model refused, in Graph's words. */
export function graphError(error: unknown): GraphError {
  if (error instanceof GraphError) return error
  if (error instanceof Failure) return new GraphError(...OF_FAILURES[error.code], error.message)
  throw error
}

export function notFound(message = 'The specified object was not found in the store.'): GraphError {
  return new GraphError(404, 'ErrorItemNotFound', message)
}

export function badRequest(message: string, code = 'BadRequest'): GraphError {
  return new GraphError(400, code, message)
}

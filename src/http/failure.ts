import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { MailboxError } from '#mailbox'
import { MailboxRuleError } from '#mailboxes'
import { SettingError } from '#options'
import { DuplicatesFound, FeedCursorError, RecordError, type RecordErrorCode } from '#records'

import { DATAVERSE_CODES } from './dataverseCodes.ts'

/** What a client is told when a request cannot be done. */
export interface Failure {
  status: number
  /** Stable; programs may rely on it. */
  code: string
  message: string
  /** The element of the request that is at fault. */
  target?: string
  /** Seconds. */
  retryAfter?: number
  /** What the message is about, one by one (OData v4 JSON §21.1). */
  details?: readonly { code: string; message: string; target: string }[]
}

/** A failure that the Web API itself finds. */
export class RequestError extends Error implements Failure {
  readonly status: number
  readonly code: string
  readonly target?: string
  readonly retryAfter?: number

  constructor(status: number, code: string, message: string, more: { target?: string; retryAfter?: number } = {}) {
    super(message)
    this.name = 'RequestError'
    this.status = status
    this.code = code
    if (more.target !== undefined) this.target = more.target
    if (more.retryAfter !== undefined) this.retryAfter = more.retryAfter
  }
}

/** What is at the address takes other methods: those of `allow`. */
export class MethodNotAllowed extends RequestError {
  readonly allow: string

  constructor(allow: string, message: string) {
    super(405, 'MethodNotAllowed', message)
    this.allow = allow
  }
}

const RECORD_STATUS: Record<RecordErrorCode, number> = {
  NotFound: 404,
  PrivilegeDenied: 403,
  ColumnUnknown: 400,
  TableUnknown: 400,
  ValueInvalid: 400,
  ValueRequired: 400,
  ValueTooLong: 400,
  DuplicateKey: 409,
  DuplicateRecordsFound: 412,
  ColumnReadOnly: 400,
  ColumnSecured: 403,
  QueryInvalid: 400,
  QueryTooComplex: 400,
  ValidationFailed: 400,
  Conflict: 409,
  VersionMismatch: 412,
  IsvAborted: 400,
}

/** Maps any error to what the client is told; undefined for errors of ours, which are nobody else's business. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof RequestError) return plain(error)
  if (error instanceof DuplicatesFound) return duplicatesFailure(error)
  if (error instanceof RecordError)
    return { status: RECORD_STATUS[error.code], code: error.code, message: error.message, ...targetOf(error) }
  if (error instanceof MailboxRuleError)
    return { status: 400, code: error.code, message: error.message, target: error.field }
  if (error instanceof SettingError)
    return {
      status: error.code === 'SettingNotAllowed' ? 403 : 400,
      code: error.code,
      message: error.message,
      target: error.setting,
    }
  if (error instanceof FeedCursorError) return { status: 410, code: 'CursorLost', message: error.message }
  if (error instanceof MailboxError) return mailboxFailure(error)
  if (hasZodFastifySchemaValidationErrors(error)) return validationFailure(error)
  return frameworkFailure(error) ?? databaseFailure(error)
}

/** OData v4 JSON §21; the code of Dataverse stands within `innererror`. */
export function errorBody({ code, message, target, details }: Failure) {
  const inner = DATAVERSE_CODES[code]
  return {
    error: {
      code,
      message,
      ...(target === undefined ? {} : { target }),
      ...(details === undefined ? {} : { details }),
      ...(inner === undefined ? {} : { innererror: { code: inner } }),
    },
  }
}

/** The records that one looks like, as details. */
function duplicatesFailure({ code, message, table, duplicates }: DuplicatesFound): Failure {
  return {
    status: RECORD_STATUS.DuplicateRecordsFound,
    code,
    message,
    ...(table === undefined ? {} : { target: table }),
    details: duplicates.map((found) => ({
      code,
      message: `${found.name}: ${found.ruleName}`,
      target: `${found.table}(${found.id})`,
    })),
  }
}

function plain({ status, code, message, target, retryAfter }: RequestError): Failure {
  return {
    status,
    code,
    message,
    ...(target === undefined ? {} : { target }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

function targetOf(error: RecordError): { target?: string } {
  const target = error.column ?? error.privilege ?? error.table
  return target === undefined ? {} : { target: target.slice(0, 200) }
}

/** The mail server behind us failed, or refused. */
function mailboxFailure(error: MailboxError): Failure {
  const later = error.kind === 'transient' || error.kind === 'throttled'
  return {
    status: later ? 503 : error.kind === 'notFound' ? 404 : 502,
    code: error.code,
    message: error.message,
    ...(later ? { retryAfter: Math.ceil((error.retryAfter ?? 60_000) / 1000) } : {}),
  }
}

function validationFailure(error: { validation: readonly { instancePath: string; message?: string }[] }): Failure {
  const first = error.validation[0]
  const target = first?.instancePath.replace(/^\//, '').slice(0, 200)
  return {
    status: 400,
    code: 'ParameterInvalid',
    message: `${target ? `${target}: ` : ''}${first?.message ?? 'The request is not understood.'}`,
    ...(target ? { target } : {}),
  }
}

const FRAMEWORK_CODES: Readonly<Record<number, string>> = {
  400: 'RequestInvalid',
  404: 'ResourceNotFound',
  405: 'MethodNotAllowed',
  408: 'Timeout',
  413: 'RequestTooLarge',
  414: 'UrlTooLong',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  431: 'HeadersTooLarge',
  503: 'Timeout',
}

function frameworkFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown }
  if (typeof statusCode !== 'number') return undefined
  const ours = statusCode >= 500 && !(typeof code === 'string' && code === 'FST_ERR_HANDLER_TIMEOUT')
  if (ours || statusCode < 400) return undefined
  return { status: statusCode, code: FRAMEWORK_CODES[statusCode] ?? 'RequestInvalid', message: error.message }
}

/** By SQLSTATE: what the request itself caused, and what passes. */
function databaseFailure(error: unknown): Failure | undefined {
  const state = error instanceof Error ? (error as { code?: unknown }).code : undefined
  if (typeof state !== 'string' || !/^[0-9A-Z]{5}$/.test(state)) return undefined
  if (state.startsWith('22')) return { status: 400, code: 'ValueInvalid', message: 'A value is not possible here.' }
  if (state.startsWith('54')) return { status: 400, code: 'QueryTooComplex', message: 'The query is too complex.' }
  if (state === '57014')
    return { status: 400, code: 'QueryTooSlow', message: 'The query takes too long; filter for fewer rows.' }
  // 55P03: a lock was not to be had in time.
  const passing = state === '55P03' || ['40', '53', '57', '08'].some((kind) => state.startsWith(kind))
  return passing
    ? { status: 503, code: 'DatabaseBusy', message: 'The database could not do it now; try again.', retryAfter: 5 }
    : undefined
}

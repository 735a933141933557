import { BadRequest, EwsFailure, SoapFault } from './failure.ts'
import { MESSAGES, TYPES } from './schema/notation.ts'
import { validate } from './schema/validate.ts'
import { SchemaViolation } from './schema/violation.ts'
import { type ServerVersion, supports, VERSIONS } from './versions.ts'
import { zoneName } from './writing/calendar.ts'
import { child, type Element, MalformedXml, parseXml, tag, type Xml } from './xml.ts'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const ERRORS = 'http://schemas.microsoft.com/exchange/services/2006/errors'

/** Whom a service account wants to be. */
export interface Impersonation {
  by: 'PrincipalName' | 'SID' | 'PrimarySmtpAddress' | 'SmtpAddress'
  value: string
}

export interface Envelope {
  operation: Element
  /** As the client asked for; answers keep to it. */
  version: string | undefined
  impersonation: Impersonation | undefined
  /** Windows name of the zone that times without one are in. */
  timeZone: string | undefined
}

/**
 * @throws BadRequest for what is no SOAP 1.1
 * @throws SoapFault for a header that Exchange refuses
 */
export function readEnvelope(source: string, server: ServerVersion): Envelope {
  const envelope = parse(source)
  const body = child(envelope, 'Body')
  const operation = body?.children[0]
  if (envelope.namespace !== SOAP || envelope.name !== 'Envelope' || !operation)
    throw new BadRequest('There is no SOAP 1.1 envelope with an operation.')
  const header = child(envelope, 'Header')
  return {
    operation,
    version: versionOf(header, server),
    impersonation: impersonationOf(header),
    timeZone: zoneOf(header),
  }
}

/** Runs a check of the schema; what it finds becomes the fault of Exchange. */
export function heldAgainstSchema(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof SchemaViolation)) throw error
    throw new SoapFault('ErrorSchemaValidation', `The request failed schema validation: ${error.message}`, {
      violation: { line: error.line, column: error.column, text: error.message },
    })
  }
}

function parse(source: string): Element {
  try {
    return parseXml(source)
  } catch (error) {
    if (error instanceof MalformedXml) throw new BadRequest(error.message, { cause: error })
    throw error
  }
}

function versionOf(header: Element | undefined, server: ServerVersion): string | undefined {
  const version = child(header, 'RequestServerVersion')?.attributes.get('Version')
  if (version !== undefined && !supports(server, version)) throw new SoapFault('ErrorInvalidServerVersion')
  return version
}

function zoneOf(header: Element | undefined): string | undefined {
  const context = child(header, 'TimeZoneContext')
  if (!context) return undefined
  heldAgainstSchema(() => validate(context, 'TimeZoneContextType'))
  try {
    return zoneName(context.children[0] as Element)
  } catch (error) {
    if (error instanceof EwsFailure) throw new SoapFault('ErrorTimeZone', error.message)
    throw error
  }
}

function impersonationOf(header: Element | undefined): Impersonation | undefined {
  const element = child(header, 'ExchangeImpersonation')
  if (!element) return undefined
  heldAgainstSchema(() => validate(element, 'ExchangeImpersonationType'))
  const who = element.children[0]?.children[0] as Element
  return { by: who.name as Impersonation['by'], value: who.text.trim() }
}

/** The answer to a request; `body` is its one element. */
export function writeEnvelope(body: Xml, server: ServerVersion): string {
  const { major, minor, build, revision, name } = VERSIONS[server]
  const info = tag('h:ServerVersionInfo', {
    'xmlns:h': TYPES,
    MajorVersion: major,
    MinorVersion: minor,
    MajorBuildNumber: build,
    MinorBuildNumber: revision,
    Version: name,
  })
  return document(tag('s:Header', {}, info), body)
}

export function writeFault(fault: SoapFault): string {
  const violation = fault.violation
  const code = tag('e:ResponseCode', { 'xmlns:e': ERRORS }, fault.code)
  const short = violation ? 'The request failed schema validation.' : fault.message
  const detail = [
    code,
    tag('e:Message', { 'xmlns:e': ERRORS }, short),
    violation &&
      tag(
        't:MessageXml',
        { 'xmlns:t': TYPES },
        tag('t:LineNumber', {}, violation.line),
        tag('t:LinePosition', {}, violation.column),
        tag('t:Violation', {}, violation.text),
      ),
    messageXml(fault, 't:MessageXml', { 'xmlns:t': TYPES }),
  ]
  return document(
    undefined,
    tag(
      's:Fault',
      {},
      tag('faultcode', { 'xmlns:a': TYPES }, `a:${fault.code}`),
      tag('faultstring', { 'xml:lang': 'en-US' }, fault.message),
      tag('detail', {}, detail),
    ),
  )
}

/** `t:Value` elements that say more of a failure. */
export function messageXml(failure: EwsFailure, name: string, attributes = {}): Xml | undefined {
  const values = Object.entries(failure.values)
  return values.length
    ? tag(
        name,
        attributes,
        values.map(([key, value]) => tag('t:Value', { Name: key }, value)),
      )
    : undefined
}

function document(header: Xml | undefined, body: Xml): string {
  const envelope = tag('s:Envelope', { 'xmlns:s': SOAP }, header, tag('s:Body', {}, body))
  return `<?xml version="1.0" encoding="utf-8"?>${envelope.source}`
}

export const NAMESPACES = { 'xmlns:m': MESSAGES, 'xmlns:t': TYPES }

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { Fault, World } from '../model/index.ts'
import { actingUser } from './authentication/impersonation.ts'
import { type Caller, Doorkeeper, type Scheme, type TokenReader } from './authentication/signIn.ts'
import { type Discovery, discoverPox, discoverSoap } from './autodiscover.ts'
import type { Call } from './call.ts'
import { heldAgainstSchema, readEnvelope, writeEnvelope, writeFault } from './envelope.ts'
import { BadRequest, SoapFault } from './failure.ts'
import { faultOf, isCut, isCutAfter } from './faults.ts'
import { operations } from './operations/all.ts'
import { readBody } from './requestBody.ts'
import { validateRequest } from './schema/validate.ts'
import { streamEvents } from './subscriptions/stream.ts'
import { Subscriptions } from './subscriptions/subscription.ts'
import type { ServerVersion } from './versions.ts'
import type { Xml } from './xml.ts'

export interface EwsFaceOptions {
  world: World
  /** What the server says it is. Default `Exchange2019`. */
  version?: ServerVersion
  /** How one may sign in. Default NTLM, Basic and Bearer. */
  schemes?: readonly Scheme[]
  /** Whom a Bearer token is for; without it none is good. */
  tokens?: TokenReader
}

/** Exchange Web Services over a world: what answers `POST /EWS/Exchange.asmx`. */
export function ewsFace(options: EwsFaceOptions): RequestListener {
  const { world, version = 'Exchange2019', schemes = ['ntlm', 'basic', 'bearer'], tokens = () => undefined } = options
  const doorkeeper = new Doorkeeper(world, schemes, tokens)
  const server = { world, version, doorkeeper, subscriptions: new Subscriptions(world) }
  return (request, response) => {
    serve(server, request, response).catch((error: unknown) => {
      // A defect of the sandbox must not look like one of Exchange's answers.
      response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' })
      response.end(error instanceof Error ? error.stack : String(error))
    })
  }
}

interface Server {
  world: World
  version: ServerVersion
  doorkeeper: Doorkeeper
  subscriptions: Subscriptions
}

const DISCOVERIES: Readonly<Record<string, (discovery: Discovery, source: string) => string | undefined>> = {
  '/autodiscover/autodiscover.xml': discoverPox,
  '/autodiscover/autodiscover.svc': discoverSoap,
}

/** Where the client itself found this server. */
function ewsUrlOf({ headers, socket }: IncomingMessage): string {
  return `${socket instanceof TLSSocket ? 'https' : 'http'}://${headers.host ?? 'localhost'}/EWS/Exchange.asmx`
}

async function serve(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://sandbox')
  const path = pathname.toLowerCase()
  const discover = DISCOVERIES[path]
  if (path !== '/ews/exchange.asmx' && !discover) return end(request, response, 404)
  const source = await readBody(request)
  if (source === undefined) return end(request, response, 413)
  const signIn = server.doorkeeper.signIn(request)
  if ('challenges' in signIn) return end(request, response, 401, { 'WWW-Authenticate': [...signIn.challenges] })
  if (request.method !== 'POST') return end(request, response, 405, { Allow: 'POST' })
  if (discover) {
    const found = discover({ ...server, ewsUrl: ewsUrlOf(request) }, source)
    return found === undefined ? end(request, response, 400) : endXml(response, 200, found)
  }
  try {
    await answerRequest(server, signIn, source, response)
  } catch (error) {
    if (error instanceof SoapFault) return endXml(response, 500, writeFault(error))
    if (error instanceof BadRequest) return end(request, response, 400)
    throw error
  }
}

async function answerRequest(
  { world, version, subscriptions }: Server,
  caller: Caller,
  source: string,
  response: ServerResponse,
): Promise<void> {
  const envelope = readEnvelope(source, version)
  const { operation } = envelope
  heldAgainstSchema(() => validateRequest(operation))
  const user = actingUser(world, caller, envelope.impersonation)
  const faults = world.faults.strike({ mailbox: user.address, face: 'ews', operation: operation.name })
  if (await struckBefore(world, faults, response)) return
  const { timeZone, version: requested } = envelope
  const call: Call = { world, user, timeZone, version: requested, faults, subscriptions }
  const write = (body: Xml) => writeEnvelope(body, version)
  if (operation.name === 'GetStreamingEvents') return streamEvents(call, operation, response, write)
  const act = operations[operation.name]
  if (!act) throw new SoapFault('ErrorInvalidRequest', `The operation ${operation.name} is not supported.`)
  const body = await act(call, operation)
  if (faults.some(isCutAfter)) return void response.destroy()
  endXml(response, 200, write(body))
}

/** Slowness, and what keeps a request from being carried out. Tells whether it was answered. */
async function struckBefore(world: World, faults: readonly Fault[], response: ServerResponse): Promise<boolean> {
  for (const fault of faults) {
    if (fault.kind === 'slow') await world.clock.sleep(fault.milliseconds)
    if (isCut(fault)) {
      response.destroy()
      return true
    }
    const answer = faultOf(fault)
    if (!answer) continue
    if (answer.soap) endXml(response, answer.status, writeFault(answer.soap))
    else response.writeHead(answer.status, answer.headers).end()
    return true
  }
  return false
}

function end(request: IncomingMessage, response: ServerResponse, status: number, headers = {}): void {
  request.resume()
  response.writeHead(status, { 'Content-Length': 0, ...headers }).end()
}

function endXml(response: ServerResponse, status: number, xml: string): void {
  const body = Buffer.from(xml)
  response.writeHead(status, { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': body.length }).end(body)
}

import type { Readable } from 'node:stream'
import { request } from 'undici'
import type { Clock } from '#time'
import { MailboxError } from '../../errors.ts'
import { networkError } from '../../network.ts'
import type { Answer, Request } from '../http/endpoint.ts'
import { UnreadableAnswer } from '../reader.ts'
import { poxQuestion, readPox, readSoap, soapQuestion, type Told } from './answers.ts'
import { isOfDomain, mayFollow } from './trust.ts'
import type { Ways } from './ways.ts'

export interface Discovery {
  address: string
  /** An address of Autodiscover that is known: then only it is asked. */
  start?: string | undefined
  ways: Ways
  timeoutMs: number
  clock: Clock
  /** Sends a request with proof of who asks. */
  send(url: URL, request: Request): Promise<Answer>
}

const REDIRECTIONS = 10
const ANSWER_AT_MOST = 1024 * 1024

/** What was tried and why it led nowhere, for people. */
type Trail = string[]

/**
 * The address of Exchange Web Services for a mailbox (MB-5), asked in the order of MS-OXDISCO: the servers of the domain,
 * in the newer way and then in Outlook's; a plain page that leads elsewhere; the name service.
 * @throws MailboxError `LocationNotDetermined` that tells what was tried
 */
export async function discover(discovery: Discovery): Promise<URL> {
  const trail: Trail = []
  let denied: MailboxError | undefined
  let asked = discovery
  const addresses = new Set<string>()
  while (addresses.size <= REDIRECTIONS && !addresses.has(asked.address.toLowerCase())) {
    addresses.add(asked.address.toLowerCase())
    let next: string | undefined
    for await (const candidate of candidates(asked, trail)) {
      const found = await follow(asked, candidate, trail).catch((error: unknown) => {
        if (!(error instanceof MailboxError) || error.kind !== 'denied') throw error
        denied ??= error
        return undefined
      })
      if (found instanceof URL) return found
      next = found
      if (next !== undefined) break
    }
    if (next === undefined) break
    asked = { ...discovery, address: next }
  }
  if (denied) throw denied
  const words = `Autodiscover found no Exchange for ${discovery.address}: ${trail.join('; ')}. Enter the location in the profile, usually https://<server>/EWS/Exchange.asmx.`
  throw new MailboxError('permanent', 'LocationNotDetermined', words) // MO-35
}

async function* candidates({ address, start, ways, timeoutMs }: Discovery, trail: Trail): AsyncGenerator<URL> {
  if (start !== undefined) {
    yield new URL(start)
    return
  }
  const domain = domainOf(address)
  for (const origin of ways.origins(domain)) {
    yield new URL('/autodiscover/autodiscover.svc', origin)
    yield new URL('/autodiscover/autodiscover.xml', origin)
  }
  const page = ways.plainPage(domain)
  const led = page === undefined ? undefined : await redirectionOf(page, timeoutMs)
  const service = await ways.service(domain)
  for (const target of [led, service && `https://${service}/autodiscover/autodiscover.xml`]) {
    if (!target) continue
    const url = mayFollow(target, new URL(page ?? target))
    if (url && isOfDomain(url, domain)) yield url
    else trail.push(`${shown(target)} is named by an answer that anybody could have given, and is not asked`)
  }
}

/** Asks one place and goes where it leads. @returns another address to ask for, or undefined when it leads nowhere */
async function follow(discovery: Discovery, first: URL, trail: Trail): Promise<URL | string | undefined> {
  const seen = new Set<string>()
  let url = first
  while (seen.size <= REDIRECTIONS && !seen.has(url.href)) {
    seen.add(url.href)
    const told = await ask(discovery, url, discovery.address)
    if (told.kind === 'refused') {
      trail.push(`${shown(url.href)}: ${told.why}`)
      return undefined
    }
    if (told.kind === 'address') {
      if (domainOf(told.address) !== '' && told.address.length <= 320) return told.address
      trail.push(`${shown(url.href)} names another address that is none`)
      return undefined
    }
    const target = mayFollow(told.url, url)
    if (!target) {
      trail.push(`${shown(url.href)} leads to ${shown(told.url)}, which is not safe to ask`)
      return undefined
    }
    if (told.kind === 'found') return target
    url = target
  }
  trail.push(`${shown(first.href)} leads in a circle`)
  return undefined
}

async function ask(discovery: Discovery, url: URL, address: string): Promise<Told> {
  const soap = url.pathname.toLowerCase().endsWith('.svc')
  const question = soap ? soapQuestion(address, url.href) : poxQuestion(address)
  const headers = { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml', 'user-agent': 'Regarding' }
  try {
    const answer = await discovery.send(url, {
      path: url.pathname + url.search,
      headers,
      body: question.text,
      silenceMs: discovery.timeoutMs,
    })
    const content = await contentOf(answer.body)
    const location = [answer.headers['location']].flat()[0]
    if (answer.status >= 300 && answer.status < 400 && location)
      return { kind: 'url', url: new URL(location, url).href }
    if (answer.status === 401 || answer.status === 403) throw denied(url, answer.status)
    if (answer.status !== 200 && !(soap && answer.status === 500))
      return { kind: 'refused', why: `it answers ${answer.status}` }
    return soap ? readSoap(content) : readPox(content)
  } catch (error) {
    if (error instanceof MailboxError) throw error
    if (error instanceof UnreadableAnswer) return { kind: 'refused', why: 'it is no Autodiscover' }
    const failure = networkError(error, url.host)
    return { kind: 'refused', why: failure.code === 'SecureConnectionFailed' ? failure.message : 'it is not reachable' }
  }
}

function denied(url: URL, status: number): MailboxError {
  const words = `Autodiscover at ${url.host} refused the user name or password (${status}). Correct the credentials; write the user as DOMAIN\\user or user@domain.`
  return new MailboxError('denied', 'CredentialsIncorrect', words)
}

async function contentOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += (chunk as Buffer).length
    if (length > ANSWER_AT_MOST) throw new UnreadableAnswer('it is too long')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** Where a plain page leads; it is not told who asks. */
async function redirectionOf(page: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const answer = await request(page, { method: 'GET', headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
    await answer.body.dump()
    const location = [answer.headers['location']].flat()[0]
    return answer.statusCode >= 300 && answer.statusCode < 400 ? location : undefined
  } catch {
    return undefined // Nobody there: that way leads nowhere.
  }
}

function domainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return address.includes('@') && /^[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/.test(domain)
    ? domain.toLowerCase()
    : ''
}

function shown(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : JSON.stringify(url.slice(0, 100))
}

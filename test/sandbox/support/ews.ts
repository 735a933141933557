import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type EwsFaceOptions, ewsFace, World } from '#sandbox'
import { type Clock, systemClock } from '#time'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types'
const MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages'

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** ResponseCode of each message, or of the fault. */
  codes: string[]
  /** Text of the first element of the name, or the attribute of it. */
  value(element: string, attribute?: string): string
  values(element: string, attribute?: string): string[]
}

export interface EwsOptions extends Omit<EwsFaceOptions, 'world'> {
  clock?: Clock
}

export interface CallOptions {
  /** Address of who asks. */
  as?: string
  /** SOAP headers. */
  header?: string
  password?: string
}

/** Exchange Web Services of a small company on 127.0.0.1: anna, ben and service, each with the password `secret`. */
export async function startEws({ clock = systemClock, ...options }: EwsOptions = {}) {
  const world = new World({ clock })
  const add = (address: string, name: string) => world.addUser({ address, name, password: 'secret' })
  const anna = add('anna@halden.example', 'Anna Berg')
  const ben = add('ben@halden.example', 'Ben Roth')
  const service = add('service@halden.example', 'Service Account')
  service.mayImpersonate = true
  const face = ewsFace({ world, ...options })
  const server: Server = createServer(face)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/EWS/Exchange.asmx`

  /** Sends an operation, its elements written with the prefixes `m` and `t`. */
  async function call(operation: string, options: CallOptions = {}) {
    return answerOf(await open(operation, options))
  }

  /** The same, with the answer as it comes. */
  function open(operation: string, { as = 'anna@halden.example', header = '', password = 'secret' }: CallOptions = {}) {
    const body = `<s:Envelope xmlns:s="${SOAP}" xmlns:t="${TYPES}" xmlns:m="${MESSAGES}"><s:Header>${header}</s:Header><s:Body>${operation}</s:Body></s:Envelope>`
    const authorization = `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}`
    const headers = { authorization, 'content-type': 'text/xml; charset=utf-8' }
    return fetch(url, { method: 'POST', headers, body })
  }

  return {
    world,
    anna,
    ben,
    service,
    url,
    port,
    call,
    open,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const values = (element: string, attribute?: string) => {
    const pattern = new RegExp(`<(?:\\w+:)?${element}(\\s[^>]*?)?(?:/>|>([^<]*))`, 'g')
    return [...text.matchAll(pattern)].map(([, attributes = '', content = '']) =>
      attribute ? (new RegExp(`\\s${attribute}="([^"]*)"`).exec(attributes)?.[1] ?? '') : unescaped(content),
    )
  }
  return {
    status: response.status,
    headers: response.headers,
    text,
    codes: values('ResponseCode'),
    values,
    value: (element, attribute) => values(element, attribute)[0] ?? '',
  }
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#xD;', '\r')
    .replaceAll('&amp;', '&')
}

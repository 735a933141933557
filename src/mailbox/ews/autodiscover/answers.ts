import { childOf, childrenOf, type Node, textOf } from '../node.ts'
import { AnswerReader } from '../reader.ts'
import { type Xml, xml } from '../xml.ts'

/** What a server says about a mailbox. */
export type Told =
  | { kind: 'found'; url: string }
  | { kind: 'address'; address: string }
  | { kind: 'url'; url: string }
  | { kind: 'refused'; why: string }

const REQUEST = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006'
const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const ADDRESSING = 'http://www.w3.org/2005/08/addressing'
const AUTODISCOVER = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'

/** Outlook's question (MS-OXDSCLI 2.2.3). */
export function poxQuestion(address: string): Xml {
  return xml`<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${REQUEST}"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${RESPONSE}</AcceptableResponseSchema></Request></Autodiscover>`
}

/** @throws UnreadableAnswer */
export function readPox(answer: Buffer): Told {
  const [response] = read(answer, 'Response')
  const account = childOf(response, 'Account')
  const action = textOf(account, 'Action')
  if (action === 'redirectAddr') return { kind: 'address', address: textOf(account, 'RedirectAddr') ?? '' }
  if (action === 'redirectUrl') return { kind: 'url', url: textOf(account, 'RedirectUrl') ?? '' }
  const protocols = childrenOf(account).filter((child) => child.name === 'Protocol')
  // What is published to the outside comes first: it has a certificate that others can check.
  for (const type of ['EXPR', 'EXHTTP', 'EXCH']) {
    const protocol = protocols.find((other) => textOf(other, 'Type') === type && textOf(other, 'EwsUrl'))
    const url = textOf(protocol, 'EwsUrl')?.trim()
    if (url) return { kind: 'found', url }
  }
  const error = childOf(response, 'Error')
  return { kind: 'refused', why: textOf(error, 'Message')?.trim() || 'it names no Exchange Web Services' }
}

/** The newer question, GetUserSettings (MS-OXWSADISC 3.1.4.7). */
export function soapQuestion(address: string, url: string): Xml {
  const action = `${AUTODISCOVER}/Autodiscover/GetUserSettings`
  const settings = ['ExternalEwsUrl', 'InternalEwsUrl'].map((name) => xml`<a:Setting>${name}</a:Setting>`)
  const header = xml`<s:Header><a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion><w:Action>${action}</w:Action><w:To>${url}</w:To></s:Header>`
  const users = xml`<a:Users><a:User><a:Mailbox>${address}</a:Mailbox></a:User></a:Users>`
  return xml`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}" xmlns:w="${ADDRESSING}" xmlns:a="${AUTODISCOVER}">${header}<s:Body><a:GetUserSettingsRequestMessage><a:Request>${users}<a:RequestedSettings>${settings}</a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>`
}

/** @throws UnreadableAnswer */
export function readSoap(answer: Buffer): Told {
  const [node] = read(answer, 'Response', 'Fault')
  if (!node || node.name === 'Fault')
    return { kind: 'refused', why: textOf(node, 'faultstring')?.trim() || 'it answers a fault' }
  const [user] = childrenOf(node, 'UserResponses')
  const [code, said] = [textOf(user, 'ErrorCode'), textOf(user, 'ErrorMessage')]
  const target = textOf(user, 'RedirectTarget') ?? ''
  if (code === 'RedirectAddress') return { kind: 'address', address: target }
  if (code === 'RedirectUrl') return { kind: 'url', url: target }
  const settings = childrenOf(user, 'UserSettings')
  for (const name of ['ExternalEwsUrl', 'InternalEwsUrl']) {
    const url = textOf(
      settings.find((setting) => textOf(setting, 'Name') === name),
      'Value',
    )?.trim()
    if (url) return { kind: 'found', url }
  }
  return {
    kind: 'refused',
    why: said?.trim() || code || textOf(node, 'ErrorMessage')?.trim() || 'it names no Exchange Web Services',
  }
}

function read(answer: Buffer, ...names: string[]): Node[] {
  const nodes: Node[] = []
  const reader = new AnswerReader({ wanted: new Set(names), onNode: (node) => nodes.push(node) })
  reader.push(answer)
  reader.end()
  return nodes
}

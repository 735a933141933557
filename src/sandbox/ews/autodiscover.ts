import type { User, World } from '../model/index.ts'
import { type ServerVersion, VERSIONS } from './versions.ts'
import { child, type Element, MalformedXml, parseXml, tag, textOf, type Xml } from './xml.ts'

const REQUEST = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006'
const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
const SERVICE = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance'

export interface Discovery {
  world: World
  version: ServerVersion
  /** Where Exchange Web Services are. */
  ewsUrl: string
}

/** POX Autodiscover ([MS-OXDSCLI]): answers `POST /autodiscover/autodiscover.xml`; nothing for what is no request. */
export function discoverPox(discovery: Discovery, source: string): string | undefined {
  const root = parsed(source)
  const request = child(root, 'Request')
  if (root?.namespace !== REQUEST || !request) return undefined
  const user = discovery.world.find((textOf(request, 'EMailAddress') ?? '').trim())
  const response = user ? account(discovery, user) : problem()
  return document(tag('Autodiscover', { xmlns: RESPONSE.replace(/outlook.*/, 'responseschema/2006') }, response))
}

function account({ ewsUrl }: Discovery, user: User): Xml {
  if (user.home === 'graph')
    return tag(
      'Response',
      { xmlns: RESPONSE },
      tag(
        'Account',
        {},
        tag('Action', {}, 'redirectAddr'),
        tag('RedirectAddr', {}, `${user.address.split('@')[0]}@cloud.example`),
      ),
    )
  const protocol = (type: string) =>
    tag('Protocol', {}, tag('Type', {}, type), tag('ASUrl', {}, ewsUrl), tag('EwsUrl', {}, ewsUrl))
  return tag(
    'Response',
    { xmlns: RESPONSE },
    tag(
      'User',
      {},
      tag('DisplayName', {}, user.name),
      tag('AutoDiscoverSMTPAddress', {}, user.address),
      tag('DeploymentId', {}, user.id),
    ),
    tag(
      'Account',
      {},
      tag('AccountType', {}, 'email'),
      tag('Action', {}, 'settings'),
      protocol('EXCH'),
      protocol('EXPR'),
    ),
  )
}

function problem(): Xml {
  return tag(
    'Response',
    {},
    tag(
      'Error',
      { Time: '00:00:00.0000000', Id: '0' },
      tag('ErrorCode', {}, 500),
      tag('Message', {}, "The email address can't be found."),
      tag('DebugData'),
    ),
  )
}

/** SOAP Autodiscover ([MS-OXWSADISC]): GetUserSettings; nothing for what is no such request. */
export function discoverSoap(discovery: Discovery, source: string): string | undefined {
  const body = child(parsed(source), 'Body')
  const request = child(child(body, 'GetUserSettingsRequestMessage'), 'Request')
  if (!request) return undefined
  const wanted = (child(request, 'RequestedSettings')?.children ?? []).map(({ text }) => text.trim())
  const users = (child(request, 'Users')?.children ?? []).map((user) => (textOf(user, 'Mailbox') ?? '').trim())
  const message = tag(
    'GetUserSettingsResponseMessage',
    { xmlns: SERVICE, 'xmlns:i': INSTANCE },
    tag(
      'Response',
      {},
      tag('ErrorCode', {}, 'NoError'),
      tag('ErrorMessage'),
      tag(
        'UserResponses',
        {},
        users.map((address) => userResponse(discovery, address, wanted)),
      ),
    ),
  )
  const { major, minor, build, revision, name } = VERSIONS[discovery.version]
  const header = tag(
    's:Header',
    {},
    tag(
      'h:ServerVersionInfo',
      { 'xmlns:h': SERVICE },
      tag('h:MajorVersion', {}, major),
      tag('h:MinorVersion', {}, minor),
      tag('h:MajorBuildNumber', {}, build),
      tag('h:MinorBuildNumber', {}, revision),
      tag('h:Version', {}, name),
    ),
  )
  return document(tag('s:Envelope', { 'xmlns:s': SOAP }, header, tag('s:Body', {}, message)))
}

function userResponse({ world, ewsUrl, version }: Discovery, address: string, wanted: readonly string[]): Xml {
  const user = world.find(address)
  if (!user) return response('InvalidUser', "The email address can't be found.")
  if (user.home === 'graph')
    return response('RedirectAddress', 'Redirect.', `${user.address.split('@')[0]}@cloud.example`)
  const known: Readonly<Record<string, string>> = {
    ExternalEwsUrl: ewsUrl,
    InternalEwsUrl: ewsUrl,
    EwsSupportedSchemas:
      'Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013',
    UserDisplayName: user.name,
    AutoDiscoverSMTPAddress: user.address,
    ExternalEwsVersion: `${VERSIONS[version].major}.${VERSIONS[version].minor}`,
  }
  const settings = wanted.flatMap((name) => {
    const value = known[name]
    const attributes = { 'i:type': 'StringSetting' }
    return value === undefined ? [] : [tag('UserSetting', attributes, tag('Name', {}, name), tag('Value', {}, value))]
  })
  return response('NoError', 'No error.', undefined, settings)
}

function response(code: string, message: string, redirect?: string, settings: readonly Xml[] = []): Xml {
  return tag(
    'UserResponse',
    {},
    tag('ErrorCode', {}, code),
    tag('ErrorMessage', {}, message),
    redirect === undefined ? tag('RedirectTarget', { 'i:nil': true }) : tag('RedirectTarget', {}, redirect),
    tag('UserSettingErrors'),
    tag('UserSettings', {}, settings),
  )
}

function parsed(source: string): Element | undefined {
  try {
    return parseXml(source)
  } catch (error) {
    if (error instanceof MalformedXml) return undefined
    throw error
  }
}

const document = (root: Xml): string => `<?xml version="1.0" encoding="utf-8"?>${root.source}`

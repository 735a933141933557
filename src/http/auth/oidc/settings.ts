/** The OpenID provider that people may sign in by, chosen by the administrator. */
export interface OidcSettings {
  issuer: URL
  clientId: string
  clientSecret: string
  /** What the provider's access tokens must be meant for so that the Web API takes them; none are taken without it. */
  audience?: string
}

/**
 * Reads `REGARDING_OIDC_ISSUER`, `REGARDING_OIDC_CLIENT_ID`, `REGARDING_OIDC_CLIENT_SECRET` and
 * `REGARDING_OIDC_AUDIENCE`; undefined when no issuer is given.
 * @throws RangeError naming the variable that is missing or cannot be.
 */
export function oidcSettings(environment: Readonly<Record<string, string | undefined>>): OidcSettings | undefined {
  const issuer = environment['REGARDING_OIDC_ISSUER']
  if (!issuer) return undefined
  const given = (name: string): string => {
    const value = environment[name]
    if (value) return value
    throw new RangeError(`${name} is missing: sign-in by ${issuer} needs it; take it from the provider’s client.`)
  }
  const audience = environment['REGARDING_OIDC_AUDIENCE']
  const clientId = given('REGARDING_OIDC_CLIENT_ID')
  // An ID token is meant for the client and must never pass for an access token.
  if (audience === clientId)
    throw new RangeError('REGARDING_OIDC_AUDIENCE must be another than REGARDING_OIDC_CLIENT_ID; name the API.')
  return {
    issuer: issuerUrl(issuer),
    clientId,
    clientSecret: given('REGARDING_OIDC_CLIENT_SECRET'),
    ...(audience ? { audience } : {}),
  }
}

function issuerUrl(text: string): URL {
  const url = URL.parse(text)
  if (url && (url.protocol === 'https:' || isLoopback(url)) && !url.username && !url.search && !url.hash) return url
  throw new RangeError(`REGARDING_OIDC_ISSUER is “${text}”; it must be an https URL, e.g. https://login.example.com.`)
}

/** Plain http is for a provider on the same machine only. */
export const isLoopback = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && (hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost')

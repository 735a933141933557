import { createRemoteJWKSet, type JWTPayload, customFetch as jwksFetch, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { RequestError } from '../../failure.ts'
import { isLoopback, type OidcSettings } from './settings.ts'

/** Seconds that the provider's clock may differ from ours. */
const CLOCK_TOLERANCE = 30
const FETCH_SECONDS = 10
/** Milliseconds that the provider's metadata is used before it is read again. */
const METADATA_LASTS = 60 * 60_000
/** Milliseconds before keys are asked for again because a signature did not fit. */
const KEYS_LAST = 5000

/** Signatures with the provider's private key only: no shared secrets, and never `none`. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** What the provider says of a person, after everything about the saying has been checked. */
export interface Claims {
  issuer: string
  subject: string
  /** A directory's own id of the person, the same for all its applications. */
  objectId?: string
  /** Only when the provider has verified it. */
  email?: string
}

export interface Challenge {
  state: string
  nonce: string
  verifier: string
}

/**
 * The OpenID provider of the installation. What is fetched is the issuer's metadata and what that names: token endpoint
 * and keys. Nothing a browser or a token says is ever fetched.
 */
export class OidcProvider {
  readonly settings: OidcSettings
  readonly #now: () => number
  #known: { config: Promise<client.Configuration>; at: number } | undefined
  #keys: { uri: string; find: ReturnType<typeof createRemoteJWKSet> } | undefined

  /** @param now milliseconds, to tell how old metadata is */
  constructor(settings: OidcSettings, now: () => number) {
    this.settings = settings
    this.#now = now
  }

  newChallenge(): Challenge {
    return {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    }
  }

  /** Where to send the browser: authorization code with PKCE (RFC 7636). @throws RequestError 502 */
  async authorizationUrl({ state, nonce, verifier }: Challenge, redirectUri: string): Promise<URL> {
    return client.buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
  }

  /**
   * Takes the code for an ID token, whose signature, issuer, audience, times and nonce are checked.
   * @throws RequestError 401 when any of it is not right, 502 when the provider cannot be reached.
   */
  async claimsOf(current: URL, { state, nonce, verifier }: Challenge): Promise<Claims> {
    const config = await this.#configuration()
    const tokens = await client
      .authorizationCodeGrant(config, current, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        this.#doubt(error)
        throw new RequestError(401, 'SignInRefused', `The sign-in was not accepted (${reasonOf(error)}). Try again.`)
      })
    return claimsFrom(tokens.claims() ?? {})
  }

  /**
   * Who an access token (RFC 9068) speaks for; undefined when it is not one that this installation takes.
   * @throws RequestError 502 when the provider cannot be reached.
   */
  async bearerOf(token: string): Promise<Claims | undefined> {
    const { audience, issuer } = this.settings
    if (audience === undefined) return undefined
    const config = await this.#configuration()
    const metadata = config.serverMetadata()
    try {
      const { payload } = await jwtVerify(token, this.#keysAt(String(metadata.jwks_uri)), {
        issuer: metadata.issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE,
        requiredClaims: ['exp', 'iat', 'sub'],
      })
      return claimsFrom(payload)
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (typeof code === 'string' && code.startsWith('ERR_J') && code !== 'ERR_JWKS_TIMEOUT') return undefined
      throw unreachable(issuer, error)
    }
  }

  /** Where to send a browser so that the provider ends its own session too; undefined where it cannot. */
  async endSessionUrl(returnTo: string): Promise<URL | undefined> {
    const config = await this.#configuration()
    if (!config.serverMetadata().end_session_endpoint) return undefined
    return client.buildEndSessionUrl(config, {
      client_id: this.settings.clientId,
      post_logout_redirect_uri: returnTo,
    })
  }

  /** What the provider did not refuse itself may be signed with keys that it has changed to: they are read again. */
  #doubt(error: unknown): void {
    const refused = typeof (error as { error?: unknown }).error === 'string'
    if (!refused && this.#known && this.#now() - this.#known.at >= KEYS_LAST) this.#known = undefined
  }

  /** A failure is not remembered: the next who signs in tries again. */
  #configuration(): Promise<client.Configuration> {
    if (this.#known && this.#now() - this.#known.at < METADATA_LASTS) return this.#known.config
    const { issuer, clientId, clientSecret } = this.settings
    const config = client
      .discovery(
        issuer,
        clientId,
        { [client.clockTolerance]: CLOCK_TOLERANCE },
        client.ClientSecretPost(clientSecret),
        {
          // The ID token's signature is checked although it comes straight from the provider.
          execute: [client.enableNonRepudiationChecks, ...(isLoopback(issuer) ? [client.allowInsecureRequests] : [])],
          timeout: FETCH_SECONDS,
          [client.customFetch]: (url, options) => this.#fetch(url, options as RequestInit),
        },
      )
      .catch((error: unknown) => {
        this.#known = undefined
        throw unreachable(issuer, error)
      })
    this.#known = { config, at: this.#now() }
    return config
  }

  #keysAt(uri: string) {
    if (this.#keys?.uri !== uri) {
      const find = createRemoteJWKSet(new URL(uri), {
        timeoutDuration: FETCH_SECONDS * 1000,
        cooldownDuration: KEYS_LAST,
        [jwksFetch]: (url, options) => this.#fetch(url, options),
      })
      this.#keys = { uri, find }
    }
    return this.#keys.find
  }

  /** Never follows a redirection, and stays on https unless the provider is on this machine. */
  async #fetch(url: string, options: RequestInit): Promise<Response> {
    const { protocol, origin } = new URL(url)
    if (protocol !== 'https:' && origin !== this.settings.issuer.origin)
      throw new TypeError(`The provider names ${origin}, which is not reached by https.`)
    return fetch(url, { ...options, redirect: 'manual' })
  }
}

function claimsFrom(payload: JWTPayload): Claims {
  const { oid, email, email_verified: verified } = payload
  return {
    issuer: String(payload.iss),
    subject: String(payload.sub),
    ...(typeof oid === 'string' && oid ? { objectId: oid } : {}),
    ...(typeof email === 'string' && verified === true ? { email } : {}),
  }
}

/** The protocol's own word for it, never the provider's free text. */
function reasonOf(error: unknown): string {
  const { error: word, code } = error as { error?: unknown; code?: unknown }
  const reason = typeof word === 'string' ? word : typeof code === 'string' ? code : 'unexpected_response'
  return /^[\w.-]{1,60}$/.test(reason) ? reason : 'unexpected_response'
}

function unreachable(issuer: URL, cause: unknown): RequestError {
  const error = new RequestError(502, 'ProviderUnreachable', `The sign-in provider ${issuer.host} gives no answer now.`)
  error.cause = cause
  return error
}

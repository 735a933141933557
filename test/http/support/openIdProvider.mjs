// @ts-nocheck: oidc-provider comes without types.
// A real OpenID provider in a process of its own: who comes is signed in at once as the account that the test named last.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const { PROVIDER_PORT, REDIRECT_ORIGIN } = process.env
const issuer = `http://127.0.0.1:${PROVIDER_PORT}`
let account = {}

const key = () => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }) })
const signing = { ...key(), kid: randomUUID(), use: 'sig', alg: 'RS256' }

const api = (ctx, resource) => ({ scope: 'api', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 600 })

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'regarding',
      client_secret: 'a-secret-of-the-client-only-for-tests',
      redirect_uris: [`${REDIRECT_ORIGIN}/signin/oidc/callback`],
      post_logout_redirect_uris: [`${REDIRECT_ORIGIN}/signin`],
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      client_id: 'machine',
      client_secret: 'a-secret-of-the-machine-only-for-tests',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  jwks: { keys: [signing] },
  cookies: { keys: ['for tests only'] },
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['oid'] },
  conformIdTokenClaims: false,
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...account.claims }) }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: { enabled: true, getResourceServerInfo: api },
    rpInitiatedLogout: { enabled: true },
  },
  async loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
    grant.addOIDCScope('openid email profile')
    await grant.save()
    return grant
  },
})

const callback = provider.callback()
async function answer(request, response) {
  if (request.url === '/account') {
    let body = ''
    for await (const chunk of request) body += chunk
    account = JSON.parse(body)
    response.end()
  } else if (request.url.startsWith('/interaction/')) {
    await provider.interactionFinished(request, response, { login: { accountId: account.subject } })
  } else callback(request, response)
}

createServer((request, response) => void answer(request, response)).listen(Number(PROVIDER_PORT), '127.0.0.1')

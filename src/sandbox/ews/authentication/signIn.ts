import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { User, World } from '../../model/index.ts'
import { ntlmAnswer, ntlmChallenge, ntlmMessageType, provesPassword } from './ntlm.ts'

export type Scheme = 'ntlm' | 'basic' | 'bearer'

/** A user, or an application that acts as whom it names. */
export interface Caller {
  user: User | undefined
  /** Addresses of the mailboxes that an application may open; `all` for all, nothing for users. */
  application?: readonly string[] | 'all' | undefined
}

/** Who signed in, or the headers that say how to. */
export type SignIn = Caller | { challenges: readonly string[] }

/** Whom a Bearer token stands for. */
export type TokenReader = (token: string) => Caller | undefined

interface Handshake {
  challenge: Buffer
}

/**
 * Tells who asks: by Basic, by a Bearer token, or by NTLM, which belongs to the connection: once it has signed in, it
 * needs no further word.
 */
export class Doorkeeper {
  readonly #world: World
  readonly #schemes: readonly Scheme[]
  readonly #tokens: TokenReader
  readonly #handshakes = new WeakMap<Socket, Handshake>()
  readonly #connections = new WeakMap<Socket, User>()

  constructor(world: World, schemes: readonly Scheme[], tokens: TokenReader) {
    this.#world = world
    this.#schemes = schemes
    this.#tokens = tokens
  }

  signIn({ headers, socket }: IncomingMessage): SignIn {
    const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(/\s+/, 2)
    switch (scheme.toLowerCase()) {
      case 'basic':
        return this.#basic(credentials)
      case 'bearer':
        return this.#bearer(credentials)
      case 'ntlm':
      case 'negotiate':
        return this.#ntlm(scheme, credentials, socket)
      default: {
        const user = this.#connections.get(socket)
        return user ? { user } : this.#refuse()
      }
    }
  }

  #basic(credentials: string): SignIn {
    const text = Buffer.from(credentials, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    const user = colon < 0 ? undefined : this.#named(text.slice(0, colon))
    const right = this.#schemes.includes('basic') && user?.password === text.slice(colon + 1)
    return right && user ? { user } : this.#refuse()
  }

  #bearer(token: string): SignIn {
    return (this.#schemes.includes('bearer') && this.#tokens(token)) || this.#refuse()
  }

  #ntlm(scheme: string, credentials: string, socket: Socket): SignIn {
    if (!this.#schemes.includes('ntlm')) return this.#refuse()
    const message = Buffer.from(credentials, 'base64')
    const type = ntlmMessageType(message)
    if (type === 1) {
      const challenge = randomBytes(8)
      this.#handshakes.set(socket, { challenge })
      const { host, clock } = this.#world
      const answer = ntlmChallenge(challenge, domainOf(host), 'MAIL', clock.now())
      return { challenges: [`${scheme} ${answer.toString('base64')}`] }
    }
    const handshake = this.#handshakes.get(socket)
    this.#handshakes.delete(socket)
    const answer = type === 3 ? ntlmAnswer(message) : undefined
    const user = answer && this.#named(answer.user)
    if (!handshake || !answer || !user || !provesPassword(answer, handshake.challenge, user.password))
      return this.#refuse()
    this.#connections.set(socket, user)
    return { user }
  }

  /** `anna@contoso.example`, `CONTOSO\anna` and `anna`. */
  #named(name: string): User | undefined {
    const account = name.slice(name.lastIndexOf('\\') + 1).toLowerCase()
    if (account.includes('@')) return this.#world.find(account)
    return this.#world.users.find(({ address }) => address.toLowerCase().split('@')[0] === account)
  }

  #refuse(): SignIn {
    const offers = { ntlm: 'NTLM', basic: `Basic realm="${this.#world.host}"`, bearer: 'Bearer' }
    return { challenges: this.#schemes.map((scheme) => offers[scheme]) }
  }
}

/** The NetBIOS name of a domain. */
function domainOf(host: string): string {
  return (host.split('.').at(-2) ?? host).toUpperCase().slice(0, 15)
}

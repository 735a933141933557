import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { startSandbox } from '#sandbox'
import type { ItemCounts } from '../support/itemCorpus.ts'
import { fillItems } from '../support/sandboxItems.ts'
import { fillInbox } from '../support/sandboxMail.ts'

/** What the parent asks for, as JSON in the first argument. */
export interface SandboxJob {
  users: {
    address: string
    password: string
    /** What lies in the Inbox. */
    maildir?: string
    /** Contacts and appointments. */
    items?: ItemCounts
  }[]
}

/** What the process tells when it listens; it ends when the parent disconnects. */
export interface SandboxPlace {
  url: string
  graphUrl: string
  ewsUrl: string
  tenant: string
  clientId: string
  secret: string
}

/** What came and went since the start, sign-in included; told whenever the parent sends anything. */
export interface Traffic {
  /** Of HTTP: a batch is one. */
  requests: number
  /** Both ways, with the headers of HTTP. */
  bytes: number
}

const APPLICATION = { clientId: 'bench-client', clientSecret: 'bench-secret' }

const job = JSON.parse(process.argv[2] as string) as SandboxJob
const traffic = watchTraffic()
const sandbox = await startSandbox({ applications: [APPLICATION] })
for (const { address, password, maildir, items } of job.users) {
  const user = sandbox.world.addUser({ address, name: address, password })
  if (maildir) await fillInbox(user, maildir)
  if (items) await fillItems(sandbox.world, user, items)
}
const { url, graphUrl, ewsUrl, login } = sandbox
const { clientId, clientSecret: secret } = APPLICATION
const place: SandboxPlace = { url, graphUrl, ewsUrl, tenant: login.tenant, clientId, secret }
process.on('message', () => process.send?.(traffic()))
process.once('disconnect', () => void sandbox.close())
process.send?.(place)

/** What is steered from outside is no traffic of a client. */
function watchTraffic(): () => Traffic {
  const sockets = new Set<Socket>()
  let requests = 0
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage }
    if (request.url?.startsWith('/control')) return
    requests++
    sockets.add(request.socket)
  })
  return () => {
    const bytes = [...sockets].reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0)
    return { requests, bytes }
  }
}

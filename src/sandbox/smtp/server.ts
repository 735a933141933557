import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { deliver, Failure, type Fault, submit, type User, type World } from '../model/index.ts'

/** As large as Exchange Online takes them. */
const MAX_BYTES = 150 * 1024 * 1024

export interface SmtpFace {
  host: string
  port: number
  close(): Promise<void>
}

/**
 * Takes mail by SMTP: from anybody for the users here, and from users who signed in for everybody; theirs lies in Sent
 * Items too, as Exchange Online does it.
 */
export async function startSmtp(world: World, port = 0): Promise<SmtpFace> {
  const server = new SMTPServer({
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: MAX_BYTES,
    banner: world.host,
    onAuth({ username = '', password }, _session, done) {
      const user = world.find(username)
      if (user && user.password === password) done(null, { user: user.address })
      else done(refusal(535, '5.7.3 Authentication unsuccessful'))
    },
    onRcptTo({ address }, session, done) {
      if (session.user || world.find(address)) done()
      else if (world.isLocal(address)) done(refusal(550, '5.1.10 RESOLVER.ADR.RecipientNotFound'))
      else done(refusal(550, '5.7.54 SMTP; Unable to relay recipient in non-accepted domain'))
    },
    onData(stream, session, done) {
      const cut = () => sockets.get(session.remotePort)?.destroy()
      void answer(world, stream, session, (outcome) => (outcome instanceof Cut ? cut() : done(outcome)))
    },
  })
  const sockets = new Map<number, Socket>()
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0
    sockets.set(port, socket)
    socket.once('close', () => sockets.delete(port))
  })
  // A client that goes away in the middle is nothing to fall over.
  server.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.server.address() as AddressInfo
  return {
    host: '127.0.0.1',
    port: address.port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Takes a message and says what came of it: nothing, or what is to be answered instead. */
async function answer(
  world: World,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  say: (outcome: Error | undefined) => void,
): Promise<void> {
  try {
    await take(world, stream, session)
  } catch (error) {
    if (error instanceof Failure) return say(refusal(550, `5.7.60 ${error.message}`))
    return say(error instanceof Error ? error : new Error(String(error)))
  }
  say(undefined)
}

async function take(world: World, stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  if (stream.sizeExceeded) throw refusal(552, '5.3.4 Message size exceeds fixed maximum message size')
  const { mailFrom, rcptTo } = session.envelope
  const from = mailFrom ? mailFrom.address : ''
  const to = rcptTo.map(({ address }) => address)
  const faults = world.faults.strike({ face: 'smtp', operation: 'DATA', mailbox: session.user ?? to[0] })
  for (const fault of faults) await suffer(world, fault)
  const mime = Buffer.concat(chunks)
  const user: User | undefined = session.user ? world.find(session.user) : undefined
  if (user) await submit(world, { user, mime, recipients: to })
  else await deliver(world, { from, to, mime })
  if (faults.some(({ kind }) => kind === 'cutAfter')) throw new Cut()
}

async function suffer(world: World, fault: Fault): Promise<void> {
  if (fault.kind === 'slow') await world.clock.sleep(fault.milliseconds)
  if (fault.kind === 'cutBefore') throw new Cut()
  if (fault.kind === 'unavailable' || fault.kind === 'serverBusy')
    throw refusal(451, '4.7.0 Temporary server error. Please try again later')
  if (fault.kind === 'throttled') throw refusal(432, '4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded')
  if (fault.kind === 'unauthorized') throw refusal(530, '5.7.57 Client not authenticated to send mail')
}

/** The connection is to be cut. */
class Cut extends Error {
  override readonly name = 'Cut'
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}

import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SmtpSettings } from '../../../src/mailbox/settings.ts'
import { smtpSender } from '../../../src/mailbox/smtp/index.ts'
import { largeLetter } from '../conformance/letters.ts'
import { failure } from '../conformance/use.ts'
import { ID, outgoing } from './outgoing.ts'

/** What the server does at one step instead of answering. */
type Step = 'greeting' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'midst' | 'dot' | 'never'
/** `hang up`, or a line to say; empty for silence. */
type Deed = string

describe('what is known of a message when the connection ends', () => {
  test('OE-3: only a message whose final dot went unanswered is uncertain', async () => {
    const told: [Step, boolean][] = []
    for (const step of ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'midst', 'dot'] as const) {
      const { settings } = await serve(step, 'hang up')
      const message = step === 'midst' ? outgoing({ source: largeLetter(ID, 20_000_000) }) : outgoing()
      told.push([step, (await failure(() => sendOnce(settings, message))).uncertain])
    }
    expect(told).toEqual([
      ['greeting', false],
      ['EHLO', false],
      ['MAIL', false],
      ['RCPT', false],
      ['DATA', false],
      ['midst', false],
      ['dot', true],
    ])
  })

  test('OE-3: a refusal after the final dot is certain, 421 included; silence is not', async () => {
    for (const answer of ['421 4.3.2 Shutting down', '451 4.3.0 Try again', '554 5.6.0 No']) {
      const { settings } = await serve('dot', answer)
      expect((await failure(() => sendOnce(settings))).uncertain).toBe(false)
    }
    const { settings } = await serve('dot', '')
    const silent = await failure(() => sendOnce(settings))
    expect(silent).toMatchObject({ uncertain: true, code: 'Timeout', kind: 'transient', scope: 'server' })
  })

  test('OE-3: a server may think about a message for longer than about anything else', async () => {
    const { settings, taken } = await serve('dot', '', 1_500)
    const sender = smtpSender({ ...settings, timeoutMs: 1_000 }, 10_000)
    onTestFinished(() => sender.close())
    await sender.send(outgoing())
    expect(taken()).toBe(1)
  })

  test('SC-40: messages follow each other on one connection, and one that was hung up meanwhile is made anew', async () => {
    const server = await serve('never', '')
    const sender = smtpSender(server.settings)
    onTestFinished(() => sender.close())
    await sender.send(outgoing())
    await sender.send(outgoing({ messageId: '<2@x.example>', source: largeLetter('<2@x.example>', 100) }))
    expect([server.made(), server.taken()]).toEqual([1, 2])
    server.hangUp()
    await sender.send(outgoing({ messageId: '<3@x.example>', source: largeLetter('<3@x.example>', 100) }))
    expect([server.made(), server.taken()]).toEqual([2, 3])
  })
})

function sendOnce(settings: SmtpSettings, message = outgoing()) {
  const sender = smtpSender(settings, 300)
  onTestFinished(() => sender.close())
  return sender.send(message)
}

/** A small SMTP server that answers everything, but at one step hangs up, says something else, or nothing (for a while). */
async function serve(step: Step, deed: Deed, lateMs?: number) {
  const sockets = new Set<Socket>()
  let made = 0
  let taken = 0
  const server = createServer((socket) => {
    made++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    let inData = false
    let tail = ''
    const answer = (at: Step, words: string) => {
      if (at !== step) socket.write(`${words}\r\n`)
      else if (deed === 'hang up') socket.destroy()
      else if (deed) socket.write(`${deed}\r\n`)
      else if (lateMs !== undefined) setTimeout(() => socket.write(`${words}\r\n`), lateMs)
    }
    answer('greeting', '220 test')
    socket.on('data', (data) => {
      if (inData && step === 'midst') {
        socket.destroy()
        return
      }
      tail += data.toString('latin1')
      if (inData) {
        if (!tail.endsWith('\r\n.\r\n')) {
          tail = tail.slice(-5)
          return
        }
        inData = false
        tail = ''
        taken++
        answer('dot', '250 2.0.0 taken')
        return
      }
      for (const line of tail.split('\r\n').slice(0, -1)) {
        const verb = line.slice(0, 4).toUpperCase()
        if (verb === 'EHLO') answer('EHLO', '250 test')
        else if (verb === 'MAIL') answer('MAIL', '250 ok')
        else if (verb === 'RCPT') answer('RCPT', '250 ok')
        else if (verb === 'DATA') {
          inData = true
          answer('DATA', '354 go on')
        } else socket.write('250 ok\r\n')
      }
      tail = tail.slice(tail.lastIndexOf('\n') + 1)
    })
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const settings: SmtpSettings = { host: '127.0.0.1', port, security: 'none', timeoutMs: 5_000 }
  return {
    settings,
    made: () => made,
    taken: () => taken,
    hangUp: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

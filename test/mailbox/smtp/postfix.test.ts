import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SmtpSettings } from '../../../src/mailbox/settings.ts'
import { type Postfix, startPostfix } from '../../support/smtp.ts'
import { largeLetter } from '../conformance/letters.ts'
import { failure } from '../conformance/use.ts'
import { ID, outgoing, send } from './outgoing.ts'

describe('submission to Postfix', () => {
  let postfix: Postfix
  beforeAll(async () => {
    postfix = await startPostfix(['anne', 'berta', 'hidden', 'sales'])
  })
  afterAll(() => postfix?.stop())

  const settings = (more: Partial<SmtpSettings> = {}): SmtpSettings => ({
    host: 'localhost',
    port: postfix.port,
    security: 'starttls',
    ca: postfix.ca,
    timeoutMs: 10_000,
    ...more,
  })

  test('OE-2: a message arrives as it was written, for those of the envelope', async () => {
    const sent = await send(settings(), outgoing({ to: ['anne@test.example', 'hidden@test.example'] }))
    expect(sent).toEqual({ messageId: ID, response: expect.stringContaining('queued') })
    for (const user of ['anne', 'hidden']) {
      const [source] = await postfix.delivered(user, 1)
      expect(source).toContain(`Message-ID: ${ID}\n`)
      expect(source).toContain('\n\nFirst line.\n.\n..dots\nLast line.\n')
      expect(source).toContain('\nTo: Sales <sales@contoso.example>\n')
    }
  })

  test('OE-2: recipients that are refused are told, and the others get the message', async () => {
    const to = ['refused@test.example', 'berta@test.example']
    expect(await send(settings(), outgoing({ to }))).toMatchObject({ refused: ['refused@test.example'] })
    await postfix.delivered('berta', 1)
  })

  test('OE-2: refused recipients, foreign domains and large messages are failures of the item', async () => {
    const nobody = await failure(() => send(settings(), outgoing({ to: ['refused@test.example'] })))
    expect(nobody).toMatchObject({ kind: 'permanent', code: 'MessageRefused', scope: 'item' })
    const large = await failure(() => send(settings(), outgoing({ source: largeLetter(ID, 1_500_000) })))
    expect(large).toMatchObject({ kind: 'tooLarge', code: 'MessageTooLarge', scope: 'item' })
  })

  test('MO-61: an unknown authority, and plain text that the server refuses', async () => {
    const { ca: _, ...strangers } = settings()
    const stranger = await failure(() => send(strangers))
    expect(stranger).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed' })
    expect(await failure(() => send(settings({ security: 'none' })))).toMatchObject({ kind: 'denied' })
  })
})

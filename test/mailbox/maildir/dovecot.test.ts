import { afterAll, beforeAll, describe } from 'vitest'
import { openMailbox } from '#mailbox'
import { systemClock } from '#time'
import { type Dovecot, startDovecot } from '../../support/dovecot.ts'
import { conformance } from '../conformance.ts'
import { otherSide, signInAsUser } from '../imap/otherSide.ts'

describe('a Maildir that Dovecot serves at the same time', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(() => dovecot.stop())

  conformance('both see the same', async () => {
    const user = dovecot.newUser()
    const client = await signInAsUser(dovecot, user)
    await client.mailboxOpen('INBOX')
    const mailbox = await openMailbox({ kind: 'maildir', path: dovecot.maildir(user) }, { clock: systemClock })
    const other = otherSide(dovecot, user, client)
    // Another UIDVALIDITY concerns IMAP's cursors, not those of the Maildir.
    delete other.invalidateCursor
    const close = () => {
      client.close()
      return Promise.resolve()
    }
    return { mailbox, other, close }
  })
})

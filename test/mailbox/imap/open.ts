import type { Mailbox } from '#mailbox'
import { systemClock } from '#time'
import { openImap } from '../../../src/mailbox/imap/index.ts'
import { Secret } from '../../../src/mailbox/secret.ts'
import type { ImapSettings } from '../../../src/mailbox/settings.ts'
import { type Cut, startCut } from '../../support/cut.ts'
import type { Dovecot } from '../../support/dovecot.ts'
import type { Bench } from '../conformance.ts'
import { otherSide, signInAsUser } from './otherSide.ts'

export function settingsOf(port: number, user: string, more: Partial<ImapSettings> = {}): ImapSettings {
  return {
    kind: 'imap',
    host: '127.0.0.1',
    port,
    security: 'none',
    timeoutMs: 10_000,
    auth: { kind: 'password', user, password: new Secret('secret') },
    ...more,
  }
}

/** A user's mailbox, seen through a proxy that can cut the connection. */
export async function openThroughCut(
  dovecot: Dovecot,
  user = dovecot.newUser(),
  more: Partial<ImapSettings> = {},
): Promise<{ user: string; cut: Cut; mailbox: Mailbox }> {
  const cut = await startCut(dovecot.port)
  const mailbox = await openImap(settingsOf(cut.port, user, more), { clock: systemClock })
  return { user, cut, mailbox }
}

/** What the conformance suite asks for. */
export async function imapBench(dovecot: Dovecot, more: Partial<ImapSettings> = {}): Promise<Bench> {
  const { user, cut, mailbox } = await openThroughCut(dovecot, undefined, more)
  const client = await signInAsUser(dovecot, user)
  const other = otherSide(dovecot, user, client)
  return {
    mailbox,
    other: {
      ...other,
      async breakConnection() {
        cut.cutAll()
      },
    },
    async close() {
      client.close()
      await cut.close()
    },
  }
}

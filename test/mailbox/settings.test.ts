import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format, inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectionSettings, MailboxError, openMailbox, SimulatedServer } from '#mailbox'
import { SimulatedClock } from '#time'

const IMAP = {
  kind: 'imap',
  host: 'mail.adatum.example',
  port: 993,
  security: 'tls',
  auth: { kind: 'password', user: 'sales', password: 'correct horse' },
  smtp: {
    host: 'mail.adatum.example',
    port: 465,
    security: 'tls',
    auth: { kind: 'xoauth2', user: 'sales', accessToken: 'ya29.token' },
  },
}

describe('connection settings', () => {
  test('MB-20: secrets reach the connector, and no print shows them', () => {
    const settings = connectionSettings(IMAP)
    if (settings.kind !== 'imap' || settings.auth.kind !== 'password') throw new Error('wrong kind')
    expect(settings.auth.password.reveal()).toBe('correct horse')
    const prints = [JSON.stringify(settings), inspect(settings, { depth: 9 }), format('%j %o', settings, settings)]
    prints.push(String(settings.auth.password))
    for (const print of prints) {
      expect(print).toContain('[secret]')
      expect(print).not.toMatch(/correct horse|ya29/)
    }
  })

  test('MB-20: settings that were checked once can be checked again', () => {
    const settings = connectionSettings(IMAP)
    expect(connectionSettings(settings)).toEqual(settings)
  })

  test.each([
    ['no settings', undefined, 'settings'],
    ['an unknown kind', { kind: 'telepathy' }, 'kind'],
    ['a port out of range', { ...IMAP, port: 70_000 }, 'port'],
    ['a host with a user in it', { ...IMAP, host: 'sales@adatum.example' }, 'host'],
    ['an unknown setting', { ...IMAP, sslmode: 'off' }, 'sslmode'],
    ['an empty password', { ...IMAP, auth: { kind: 'password', user: 'sales', password: '' } }, 'auth.password'],
    ['a relative path', { kind: 'maildir', path: 'Maildir' }, 'path'],
    ['a path with a zero byte', { kind: 'mbox', path: '/var/mail\0x' }, 'path'],
  ])('MB-20: %s is refused by name', (_, value, name) => {
    const failure = fails(() => connectionSettings(value))
    expect(failure).toMatchObject({ kind: 'permanent', code: 'SettingsInvalid' })
    expect(failure.message).toContain(name)
  })

  test('MB-20: the refusal does not show a secret', () => {
    const failure = fails(() => connectionSettings({ ...IMAP, port: 0 }))
    expect(`${failure.message} ${inspect(failure)}`).not.toMatch(/correct horse|ya29/)
  })
})

describe('opening a mailbox', () => {
  test('B-4: the kind of the settings chooses the connector', async () => {
    const clock = new SimulatedClock()
    const server = new SimulatedServer({ clock })
    server.account('sales@contoso.example')
    const deps = { clock, servers: new Map([['here', server]]) }
    const mailbox = await openMailbox({ kind: 'memory', server: 'here', account: 'sales@contoso.example' }, deps)
    expect(mailbox.can.kind).toBe('memory')
    const nowhere = openMailbox({ kind: 'memory', server: 'there', account: 'sales@contoso.example' }, deps)
    await expect(nowhere).rejects.toMatchObject({ kind: 'permanent', code: 'SettingsInvalid' })
  })

  test.each(['maildir', 'mbox'] as const)('MB-31: %s where there is none says so, with the path', async (kind) => {
    const root = await mkdtemp(join(tmpdir(), 'connectors-open-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const path = join(root, 'missing')
    const opening = openMailbox({ kind, path }, { clock: new SimulatedClock() })
    await expect(opening).rejects.toMatchObject({ name: 'MailboxError', kind: 'notFound', code: 'MailboxNotFound' })
    await expect(opening).rejects.toThrow(path)
  })
})

function fails(work: () => unknown): MailboxError {
  try {
    work()
  } catch (error) {
    if (error instanceof MailboxError) return error
    throw error
  }
  throw new Error('It succeeded')
}

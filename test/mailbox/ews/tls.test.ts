import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type ConnectionSettingsInput, connectionSettings, openMailbox } from '#mailbox'
import { ewsFace, World } from '#sandbox'
import { systemClock } from '#time'
import { makeCertificate } from '../../support/certificate.ts'
import { testDirectory } from '../../support/database.ts'
import { failure } from '../conformance/use.ts'

type Ews = Extract<ConnectionSettingsInput, { kind: 'ews' }>

let directory: string
let ca: string
beforeAll(async () => {
  directory = await testDirectory()
  ca = makeCertificate(directory).ca
  makeExpired(directory)
})

/** A certificate of the authority in `directory` that was good for one day of 2020. */
function makeExpired(cwd: string): void {
  const files: Record<string, string> = {
    'index.txt': '',
    serial: '1000\n',
    'ca.cnf':
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: 'pipe' })
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  run('req', '-new', '-newkey', 'rsa:2048', '-nodes', ...names, '-keyout', 'old.key', '-out', 'old.csr')
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
  const signer = ['-cert', 'ca.pem', '-keyfile', 'ca.key']
  run('ca', '-batch', '-notext', '-config', 'ca.cnf', ...signer, ...dates, '-in', 'old.csr', '-out', 'old.pem')
}

/** Exchange with the certificate of that name, and how it is reached. */
async function start(name: 'server' | 'old') {
  const world = new World({ clock: systemClock })
  const user = world.addUser({ address: 'anne@contoso.example', name: 'Anne', password: 'secret' })
  const key = readFileSync(join(directory, `${name}.key`))
  const server = createServer({ key, cert: readFileSync(join(directory, `${name}.pem`)) }, ewsFace({ world }))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => {
      server.close(resolve)
    })
  })
  const { port } = server.address() as AddressInfo
  return async (more: Partial<Ews>, host = '127.0.0.1') => {
    const auth = { kind: 'password' as const, user: user.address, password: user.password }
    const url = `https://${host}:${port}/EWS/Exchange.asmx`
    const settings = { kind: 'ews', mailbox: user.address, url, auth, ...more }
    const mailbox = await openMailbox(connectionSettings(settings), { clock: systemClock })
    const folders = await mailbox.folders()
    await mailbox.close()
    return folders
  }
}

describe('the certificate of Exchange', () => {
  test('MB-9: one of a company’s own authority is good when the profile trusts that authority', async () => {
    const open = await start('server')
    expect((await open({ ca })).some(({ use }) => use === 'inbox')).toBe(true)
    expect(await failure(() => open({}))).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed' })
  })

  test('MO-61: one that has expired is told as such, with what to do', async () => {
    const open = await start('old')
    const error = await failure(() => open({ ca }))
    expect(error).toMatchObject({ kind: 'permanent', code: 'SecureConnectionFailed', scope: 'server' })
    expect(error.message).toMatch(/expired/)
    expect(error.message).toMatch(/Check the certificate/)
    expect(await open({ ca, allowUntrusted: true })).not.toEqual([])
  })
})

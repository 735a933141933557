import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Row, SYSTEM } from '#records'
import { runCommand } from '../../src/cli/run.ts'
import { type Company, openCompany } from '../incoming/support/company.ts'
import { openTestInstallation } from '../support/database.ts'

let company: Company
beforeAll(async () => {
  company = await openCompany(await openTestInstallation())
  for (const name of ['Carl', 'Dora', 'Emil']) await run('user', 'add', name, addressOf(name))
})
afterAll(() => company?.close())

const addressOf = (name: string) => `${name.toLowerCase()}@adatum.example`

async function run(...words: string[]): Promise<{ code: number; text: string }> {
  let text = ''
  const output = {
    result: (shown: string) => void (text = shown),
    say: (line: string) => void (text += line),
    progress: () => undefined,
  }
  const code = await runCommand(company.regarding, words, output, new AbortController().signal)
  return { code, text }
}

async function connectionOf(name: string): Promise<{ mailbox: Row; profile: Row | undefined }> {
  const { regarding } = company
  const mailbox = await regarding.mailboxes.find(SYSTEM, addressOf(name))
  const id = String(mailbox['emailserverprofile'])
  return { mailbox, profile: await regarding.records.as(SYSTEM).retrieve('emailserverprofile', id) }
}
const passwordOf = async (name: string) => {
  const { mailbox } = await connectionOf(name)
  return company.regarding.records.openSecret('mailbox', String(mailbox['mailboxid']), 'password')
}
const SERVER = ['--imap=mail.adatum.example:1143', '--security=none', '--smtp=mail.adatum.example:1587']

it('MB-42: a mailbox gets another password without its server being named again, and keeps all else', async () => {
  const first = ['mailbox', 'connect', addressOf('Carl'), ...SERVER, '--caldav=http://dav.adatum.example/', '--items']
  expect(await run(...first, '--user=carl', '--password-file=old\n')).toMatchObject({
    code: 0,
    text: expect.stringMatching(/is connected\. Next: regarding mailbox approve/),
  })
  const before = await connectionOf('Carl')
  expect(await passwordOf('Carl')).toBe('old')

  expect(await run('mailbox', 'connect', addressOf('Carl'), '--password-file=new\n')).toMatchObject({
    code: 0,
    text: `The mailbox ${addressOf('Carl')} is changed. Next: regarding mailbox test ${addressOf('Carl')}`,
  })
  expect(await passwordOf('Carl')).toBe('new')
  const after = await connectionOf('Carl')
  const { modifiedon: _m, versionnumber: _v, ...same } = before.mailbox
  expect(after.mailbox).toMatchObject(same)
  expect(after.profile).toEqual(before.profile)
})

it('MB-5: who joins a server takes nothing from those who are there', async () => {
  const { profile } = await connectionOf('Carl')
  await run('mailbox', 'connect', addressOf('Dora'), '--imap=mail.adatum.example', '--password-file=secret')
  const joined = await connectionOf('Dora')
  expect(joined.mailbox).toMatchObject({ outgoingemaildeliverymethod: 0, incomingemaildeliverymethod: 2 })
  expect(joined.profile).toMatchObject({
    emailserverprofileid: profile?.['emailserverprofileid'],
    incomingportnumber: 1143,
    incomingsecurity: 0,
    outgoingserverlocation: 'mail.adatum.example',
    outgoingportnumber: 1587,
    calendarserverlocation: 'http://dav.adatum.example/',
  })
  expect(await connectionOf('Carl')).toMatchObject({ mailbox: { outgoingemaildeliverymethod: 2 } })
})

it('MB-5: to the server that a mailbox has something can be added without naming it', async () => {
  expect(await run('mailbox', 'connect', addressOf('Dora'), '--smtp=out.adatum.example')).toMatchObject({ code: 0 })
  expect(await connectionOf('Dora')).toMatchObject({
    mailbox: { outgoingemaildeliverymethod: 2, incomingemaildeliverymethod: 2 },
    profile: { outgoingserverlocation: 'out.adatum.example', incomingserverlocation: 'mail.adatum.example' },
  })
})

it('MB-6: what would change nothing, or belongs elsewhere, is refused with what to do', async () => {
  const connect = async (...flags: string[]) => {
    const { code, text } = await run('mailbox', 'connect', ...flags)
    expect(code).not.toBe(0)
    return text
  }
  const emil = String((await connectionOf('Emil')).mailbox['mailboxid'])
  await company.regarding.mailboxes.update(SYSTEM, emil, { emailserverprofile: null })
  expect(await connect(addressOf('Emil'), '--password-file=x')).toMatch(/Name the server: --imap host/)
  expect(await connect(addressOf('Dora'))).toMatch(/name what is to be changed/)
  expect(await connect(addressOf('Dora'), '--client-id=x')).toMatch(/--client-id is about a server.*IMAP mail\.adatum/)
  const exchange = [
    '--exchange-server=https://ex.adatum.example/',
    '--service-account=ADATUM\\svc',
    '--password-file=x',
  ]
  expect(await run('mailbox', 'connect', addressOf('Emil'), ...exchange)).toMatchObject({ code: 0 })
  expect(await connect(addressOf('Emil'), '--password-file=x')).toMatch(/account of its own/)
  expect(await connect(addressOf('Emil'), '--smtp=out.adatum.example')).toMatch(/--smtp is about a server/)
})

it('MB-72, MO-80: status tells of a mailbox whose Test & Enable failed why it did, and what to do', async () => {
  const { text: untested } = await run('status', addressOf('Carl'))
  expect(untested).toContain('run Test & Enable')
  await run('mailbox', 'connect', addressOf('Dora'), '--imap=127.0.0.1:1', '--security=none')
  await run('mailbox', 'approve', addressOf('Dora'))
  expect(await run('mailbox', 'test', addressOf('Dora'))).toMatchObject({ code: 1 })
  const { text } = await run('status', addressOf('Dora'))
  expect(text).toMatch(/takes no part in the schedule\. .*Run Test & Enable.*\nincoming: .*127\.0\.0\.1:1/)
})

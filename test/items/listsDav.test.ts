import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DavOffice, openDavOffice, SERVERS } from './support/davOffice.ts'

const group = (version: string, lines: string[]) =>
  ['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'END:VCARD', ''].join('\r\n')

const named = (name: string) => [`UID:${name.toLowerCase()}`, `FN:${name}`, `N:${name};;;;`]

describe.each(SERVERS)('lists of people among the contacts of %s', (server) => {
  let office: DavOffice
  beforeAll(async () => {
    office = await openDavOffice(server)
  }, 60_000)
  afterAll(async () => office?.close())

  it('CT-1, B-52: a list of people is no contact, and never taken for one of that name', async () => {
    const apple = ['X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1']
    await office.put('contact', 'board.vcf', group('3.0', [...named('Board'), ...apple]))
    await office.put('contact', 'team.vcf', group('4.0', [...named('Team'), 'KIND:group', 'MEMBER:mailto:a@b.example']))
    await office.cycle()
    const contacts = []
    for (const lastname of ['Board', 'Team']) contacts.push(await office.create('contact', { lastname }))
    expect(await office.cycle()).toMatchObject({ createdItems: 2, linked: 2, asked: 0, failed: 0 })
    for (const contact of contacts) await office.change(contact, { mobilephone: '+49 5550 1' })
    expect(await office.cycle()).toMatchObject({ updatedItems: 2, failed: 0 })
    expect(await office.count('contact')).toBe(4)
  }, 60_000)
})

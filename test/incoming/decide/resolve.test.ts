import { describe, expect, it } from 'vitest'
import { resolveRecipient, resolveSender } from '../../../src/sync/incoming/decide/index.ts'
import { type Colleague, day, type Person, type World, world } from './world.ts'

const address = 'carla@adatum.example'

function setting(settings: Parameters<typeof world>[0] = {}): { w: World; anna: Colleague } {
  const w = world(settings)
  return { w, anna: w.user('Anna') }
}

function sender(w: World, processing: Colleague): { id: string | undefined; pool: string[] } {
  const resolution = resolveSender(address, w.knowledge(processing))
  return { id: resolution.records[0]?.id, pool: resolution.pool.map((match) => match.id) }
}

function recipients(w: World, processing: Colleague): string[] {
  return resolveRecipient(address, w.knowledge(processing), 'to 1').records.map((match) => match.id)
}

describe('the sender', () => {
  it('T-63: no record holds the address ⇒ unresolved', () => {
    const { w, anna } = setting()
    expect(resolveSender(address, w.knowledge(anna))).toMatchObject({ records: [], unknown: true })
  })

  it.each([
    [100, 'contact-0002'],
    [101, undefined],
  ])('T-63: %i matches ⇒ %s', (count, expected) => {
    const { w, anna } = setting()
    for (let index = 0; index < count; index++) w.contact(address)
    expect(sender(w, anna).id).toBe(expected)
  })

  it.each(['contact', 'account', 'lead', 'queue', 'new_supplier'])('T-63: a single inactive %s is taken', (table) => {
    const { w, anna } = setting()
    const only = w.record(table, address, { active: false })
    expect(sender(w, anna).id).toBe(only.id)
  })

  it('T-63: several and ambiguous senders stay unresolved ⇒ unresolved, with all as candidates (B-52)', () => {
    const { w, anna } = setting({ unresolveSenderInCaseOfMultipleMatch: true })
    const both = [w.contact(address), w.account(address)]
    expect(sender(w, anna)).toEqual({ id: undefined, pool: both.map((one) => one.id) })
  })

  it('T-63: the order of tables is user, contact, account, lead, equipment, team, business unit, others', () => {
    const { w, anna } = setting()
    const tables = ['systemuser', 'contact', 'account', 'lead', 'equipment', 'team', 'businessunit', 'new_supplier']
    // Created in the opposite order, so that age cannot be what decides.
    const records = [...tables].reverse().map((table) => w.record(table, address))
    const left: Person[] = [...records]
    for (const table of tables) {
      const other = world()
      const user = other.user('Anna')
      for (const record of left) other.record(record.table, address, record)
      expect(resolveSender(address, other.knowledge(user)).records[0]?.table).toBe(table)
      left.pop()
    }
    expect(sender(w, anna).id).toBe(records.at(-1)?.id)
  })

  it('T-64: two contacts, none owned ⇒ the first created', () => {
    const { w, anna } = setting()
    w.contact(address, { createdOn: day(9) })
    const first = w.contact(address, { createdOn: day(3) })
    expect(sender(w, anna).id).toBe(first.id)
  })

  it('T-64: two contacts, the later one owned ⇒ the owned one', () => {
    const { w, anna } = setting()
    w.contact(address, { createdOn: day(3) })
    const owned = w.contact(address, { createdOn: day(9), owner: anna.reference })
    expect(sender(w, anna).id).toBe(owned.id)
  })

  it('T-64: two contacts and an account, all owned ⇒ the first created contact', () => {
    const { w, anna } = setting()
    w.account(address, { createdOn: day(1), owner: anna.reference })
    w.contact(address, { createdOn: day(9), owner: anna.reference })
    const first = w.contact(address, { createdOn: day(3), owner: anna.reference })
    expect(sender(w, anna).id).toBe(first.id)
  })

  it('T-64: two contacts not owned, the account owned ⇒ the account', () => {
    const { w, anna } = setting()
    w.contact(address)
    w.contact(address)
    const account = w.account(address, { owner: anna.reference })
    expect(sender(w, anna).id).toBe(account.id)
  })

  it('T-64: user and contact, the contact owned ⇒ the contact', () => {
    const { w, anna } = setting()
    w.record('systemuser', address)
    const contact = w.contact(address, { owner: anna.reference })
    expect(sender(w, anna).id).toBe(contact.id)
  })

  it("T-63: in a queue's mailbox the records of the queue's owner come first", () => {
    const { w, anna } = setting()
    const sales = w.queue('Sales', { owner: anna.reference })
    w.contact(address)
    const owned = w.contact(address, { owner: anna.reference })
    expect(sender(w, sales).id).toBe(owned.id)
  })

  it('T-67: a disabled user never resolves, alone or beside others', () => {
    const { w, anna } = setting({ resolveForInactiveEntities: true })
    w.record('systemuser', address, { active: false })
    expect(sender(w, anna).id).toBeUndefined()
    const lead = w.record('lead', address)
    expect(sender(w, anna).id).toBe(lead.id)
  })

  it('T-68: of several, inactive ones are ignored; one that is left is not ambiguous', () => {
    const { w, anna } = setting({ unresolveSenderInCaseOfMultipleMatch: true })
    w.contact(address, { active: false })
    const active = w.account(address)
    expect(sender(w, anna).id).toBe(active.id)
  })

  it('T-68: several, all inactive ⇒ unresolved', () => {
    const { w, anna } = setting()
    w.contact(address, { active: false })
    w.contact(address, { active: false })
    expect(sender(w, anna).id).toBeUndefined()
  })

  it('T-68: inactive records take part when the organization wants it', () => {
    const { w, anna } = setting({ resolveForInactiveEntities: true })
    const inactive = w.contact(address, { active: false })
    w.account(address)
    expect(sender(w, anna).id).toBe(inactive.id)
  })
})

describe('recipients', () => {
  it('T-65: every active record becomes a party, in the order of tables and age', () => {
    const { w, anna } = setting()
    const account = w.account(address)
    w.contact(address, { active: false })
    const late = w.contact(address, { createdOn: day(9) })
    const early = w.contact(address, { createdOn: day(3) })
    expect(recipients(w, anna)).toEqual([early.id, late.id, account.id])
  })

  it('T-66: ambiguous recipients stay unresolved when the organization wants it', () => {
    const { w, anna } = setting({ unresolveRecipientsInCaseOfMultipleMatch: true })
    w.contact(address)
    w.account(address)
    expect(recipients(w, anna)).toEqual([])
  })

  it('T-68: an inactive recipient resolves only when the organization wants it', () => {
    const { w, anna } = setting()
    const inactive = w.contact(address, { active: false })
    expect(recipients(w, anna)).toEqual([])
    w.settings.resolveForInactiveEntities = true
    expect(recipients(w, anna)).toEqual([inactive.id])
  })

  it('T-67: a disabled user among the recipients stays unresolved', () => {
    const { w, anna } = setting({ resolveForInactiveEntities: true })
    w.record('systemuser', address, { active: false })
    expect(recipients(w, anna)).toEqual([])
  })
})

describe('parties', () => {
  it('T-65, T-72, B-52: one party for each record, each with the others as candidates; lists stay unresolved', () => {
    const { w, anna } = setting()
    const [first, second] = [w.contact('team@adatum.example'), w.contact('team@adatum.example')]
    const message = w.message({ to: ['anna@contoso.example', 'Team <team@adatum.example>', 'All of Adatum'] })
    const { plan } = w.decide(message, anna, { kind: 'category' })
    const to = plan?.parties.filter((party) => party.role === 'to')
    expect(to).toEqual([
      { role: 'to', address: 'anna@contoso.example', name: '', record: anna.reference, candidates: [] },
      {
        role: 'to',
        address: 'team@adatum.example',
        name: 'Team',
        record: first.reference,
        candidates: [second.reference],
      },
      {
        role: 'to',
        address: 'team@adatum.example',
        name: 'Team',
        record: second.reference,
        candidates: [first.reference],
      },
      { role: 'to', address: '', name: 'All of Adatum', candidates: [] },
    ])
  })

  it('B-52: an ambiguous sender carries the others', () => {
    const { w, anna } = setting()
    const chosen = w.contact('carla@adatum.example')
    const other = w.account('carla@adatum.example')
    const { plan } = w.decide(w.message(), anna, { kind: 'category' })
    expect(plan?.parties[0]).toMatchObject({ role: 'from', record: chosen.reference, candidates: [other.reference] })
  })

  it('T-62: letter case and blanks of an address do not matter', () => {
    const { w, anna } = setting()
    const carla = w.contact('carla@adatum.example')
    const { plan } = w.decide(w.message({ from: 'Carla < CARLA@Adatum.Example >' }), anna, { kind: 'category' })
    expect(plan?.parties[0]).toMatchObject({ record: carla.reference, address: 'CARLA@Adatum.Example' })
  })
})

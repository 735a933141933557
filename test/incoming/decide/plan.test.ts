import { describe, expect, it } from 'vitest'
import { ACCEPT, type Actor, type Decision } from '../../../src/sync/incoming/model.ts'
import { type Colleague, world } from './world.ts'

const anna = 'anna@contoso.example'
const ben = 'ben@contoso.example'
const all = { acceptance: ACCEPT.all }

describe('automatic contact or lead', () => {
  const create = { ...all, create: 'contact' as const }

  function person(more: Partial<Actor>, sketch = {}, settings = {}): NonNullable<Decision['plan']> {
    const w = world(settings)
    const user = w.user('Anna', { ...create, ...more })
    return w.decide(w.message({ to: [anna], ...sketch }), user).plan as NonNullable<Decision['plan']>
  }

  it('T-75, T-76: an unknown sender becomes a contact owned by the user, and the sender party', () => {
    const w = world()
    const user = w.user('Anna', create)
    const message = w.message({ from: 'Carla Maria Adatum <Carla@adatum.example>', to: [anna, 'carla@adatum.example'] })
    const { plan } = w.decide(message, user)
    const record = { table: 'contact', id: message.ids.person }
    expect(plan?.autoCreate).toEqual({
      id: message.ids.person,
      table: 'contact',
      firstName: 'Carla Maria',
      lastName: 'Adatum',
      address: 'Carla@adatum.example',
      owner: user.reference,
    })
    expect(plan?.parties.filter((party) => party.record?.id === record.id).map((party) => party.role)).toEqual([
      'from',
      'to',
    ])
  })

  it.each([
    ['Adatum <c@x.example>', { lastName: 'Adatum' }],
    ['<carla.adatum@x.example>', { lastName: 'carla.adatum' }],
    ['c@x.example <c@x.example>', { lastName: 'c' }],
  ])('T-76: %s is named %o', (from, name) => {
    expect(person({}, { from }).autoCreate).toMatchObject(name)
    expect(person({}, { from }).autoCreate?.firstName).toBeUndefined()
  })

  it('T-76: a lead when the user wants leads', () => {
    expect(person({ create: 'lead' }).autoCreate?.table).toBe('lead')
  })

  it('T-75: not without the gate of the organization, not with the option off', () => {
    expect(person({}, {}, { autoCreateContactOnPromote: false }).autoCreate).toBeUndefined()
    expect(person({ create: 'off' }).autoCreate).toBeUndefined()
  })

  it('T-77, SE-17: without the right there is no record, and the email is tracked with an unresolved sender', () => {
    const plan = person({ mayCreate: { contact: false, lead: true } })
    expect(plan.autoCreate).toBeUndefined()
    expect(plan.parties[0]).toMatchObject({ role: 'from', candidates: [] })
    expect(plan.parties[0]?.record).toBeUndefined()
  })

  it.each([
    ['ambiguous', { unresolveSenderInCaseOfMultipleMatch: true }, [true, true]],
    ['inactive twice', {}, [false, false]],
  ])('T-75: not for an address that is only %s', (_title, settings, states) => {
    const w = world(settings)
    const user = w.user('Anna', create)
    for (const active of states) w.contact('carla@adatum.example', { active })
    expect(w.decide(w.message({ to: [anna] }), user).plan?.autoCreate).toBeUndefined()
  })

  it('T-75: not for a disabled user, not for sent mail, not for a bounce', () => {
    const w = world({ autoTrackSentFolderItems: true })
    const user = w.user('Anna', create)
    w.record('systemuser', 'carla@adatum.example', { active: false })
    expect(w.decide(w.message({ to: [anna] }), user).plan?.autoCreate).toBeUndefined()
    const sent = w.message({ place: 'sent', from: 'alias@contoso.example', to: ['new@adatum.example'] })
    expect(w.decide(sent, user)).toMatchObject({ outcome: 'tracked' })
    expect(w.decide(sent, user).plan?.autoCreate).toBeUndefined()
    expect(person({}, { headers: { kind: 'report' } }).autoCreate).toBeUndefined()
  })

  it('T-75: the options are those of who accepts, not of whose mailbox is read', () => {
    const w = world()
    const [reader, accepting] = [w.user('Anna', { create: 'lead' }), w.user('Ben', create)]
    const { plan } = w.decide(w.message({ to: [anna, ben] }), reader)
    expect(plan?.autoCreate).toMatchObject({ table: 'contact', owner: accepting.reference })
  })

  it("T-78: for a queue it is the owner's option, and the owner owns the record", () => {
    const w = world()
    const user = w.user('Anna')
    const sales = w.queue('Sales', { ...create, owner: user.reference })
    const { plan } = w.decide(w.message({ to: ['sales@contoso.example'] }), sales)
    expect(plan?.autoCreate).toMatchObject({ table: 'contact', owner: user.reference })
  })

  it('T-75: tracked by hand, the options of the mailbox count', () => {
    const w = world()
    const user = w.user('Anna', { create: 'lead' })
    const { plan } = w.decide(w.message(), user, { kind: 'category' })
    expect(plan?.autoCreate).toMatchObject({ table: 'lead' })
  })
})

function setting(): { w: ReturnType<typeof world>; users: [Colleague, Colleague, Colleague] } {
  const w = world()
  return { w, users: [w.user('Anna', all), w.user('Ben', all), w.user('Cleo', all)] }
}

describe('owner', () => {
  const sketch = { to: [anna], cc: [ben], bcc: ['cleo@contoso.example'] }

  it('T-80: first the eligible owner who owns the correlated email', () => {
    const { w, users } = setting()
    const email = w.email({ owner: users[2].reference })
    w.contact('carla@adatum.example', { owner: users[1].reference })
    const { plan } = w.decide(w.message({ ...sketch, inReplyTo: email.key }), users[0])
    expect(plan).toMatchObject({ owner: users[2].reference, ownerRule: 'correlatedOwner' })
  })

  it.each(['contact', 'account', 'lead'])("T-80: else the owner of the sender's %s", (table) => {
    const { w, users } = setting()
    const email = w.email({ owner: { table: 'systemuser', id: 'a stranger' } })
    w.record(table, 'carla@adatum.example', { owner: users[1].reference })
    const { plan } = w.decide(w.message({ ...sketch, inReplyTo: email.key }), users[0])
    expect(plan).toMatchObject({ owner: users[1].reference, ownerRule: 'senderOwner' })
  })

  it('T-80: else the first in the order To, Cc, Bcc, whoever’s mailbox is read', () => {
    const { w, users } = setting()
    w.contact('carla@adatum.example', { owner: { table: 'systemuser', id: 'a stranger' } })
    const { plan } = w.decide(w.message({ to: [ben], cc: [anna] }), users[0])
    expect(plan).toMatchObject({ owner: users[1].reference, ownerRule: 'firstRecipient' })
  })

  it('T-80: the owner of a queue owns what the queue receives', () => {
    const w = world()
    const user = w.user('Anna')
    const sales = w.queue('Sales', { ...all, owner: user.reference })
    const { plan } = w.decide(w.message({ to: ['sales@contoso.example'] }), sales)
    expect(plan?.owner).toEqual(user.reference)
  })

  it('T-80: who may not create email is passed over', () => {
    const w = world()
    const reader = w.user('Anna', { ...all, ownerMayWriteEmail: false })
    const other = w.user('Ben')
    expect(w.decide(w.message({ to: [anna, ben] }), reader).plan?.owner).toEqual(other.reference)
  })

  it('T-82: nobody left ⇒ NoEligibleOwner', () => {
    const w = world()
    const user = w.user('Anna', { ...all, ownerMayWriteEmail: false })
    const decision = w.decide(w.message({ to: [anna] }), user)
    expect(decision).toMatchObject({ outcome: 'notTracked', reason: 'NoEligibleOwner' })
    expect(decision.plan).toBeUndefined()
  })

  it('T-25, T-80: received by Bcc or a list, it belongs to the owner of the mailbox', () => {
    const { w, users } = setting()
    const { plan } = w.decide(w.message({ to: ['list@adatum.example'] }), users[0])
    expect(plan?.owner).toEqual(users[0].reference)
  })

  it('T-24: sent mail belongs to who sent it', () => {
    const w = world({ autoTrackSentFolderItems: true })
    const [user] = [w.user('Anna', all), w.user('Ben', all)]
    const { plan } = w.decide(w.message({ place: 'sent', from: anna, to: [ben] }), user)
    expect(plan).toMatchObject({ owner: user.reference, direction: 'outgoing' })
  })

  it("MB-120: tracked by a delegate, it belongs to the mailbox's owner; in a queue's mailbox to the person", () => {
    const { w, users } = setting()
    const trigger = { kind: 'api' as const, userId: users[1].id }
    expect(w.decide(w.message(), users[0], trigger).plan).toMatchObject({
      owner: users[0].reference,
      ownerRule: 'mailboxOwner',
    })
    expect(w.decide(w.message(), w.queue('Sales'), trigger).plan).toMatchObject({
      owner: users[1].reference,
      ownerRule: 'person',
    })
  })

  it('MO-27: tracked by hand without the right to create email ⇒ PrivilegeDenied', () => {
    const w = world()
    const user = w.user('Anna', { ownerMayWriteEmail: false })
    expect(w.decide(w.message(), user, { kind: 'category' })).toMatchObject({
      outcome: 'notTracked',
      reason: 'PrivilegeDenied',
    })
  })
})

describe('queue items', () => {
  it('T-83: the processed queue, though not named; every queue recipient; each once', () => {
    const w = world()
    const [sales, support] = [w.queue('Sales', all), w.queue('Support')]
    const sketch = { to: ['support@contoso.example', 'list@contoso.example'], cc: ['support@contoso.example'] }
    expect(w.decide(w.message(sketch), sales).plan?.queues).toEqual([sales.id, support.id])
    w.settings.createQueueItemForSynchronizingMailbox = false
    expect(w.decide(w.message(sketch), sales).plan?.queues).toEqual([support.id])
    w.settings.createQueueItemsForAcceptingQueueRecipients = false
    expect(w.decide(w.message(sketch), sales).plan?.queues).toEqual([])
  })

  it("T-83: with automatic routing also the owner's default queue", () => {
    const w = world()
    const user = w.user('Anna', { ...all, ownerDefaultQueue: 'queue-of-anna' })
    expect(w.decide(w.message({ to: [anna] }), user).plan?.queues).toEqual(['queue-of-anna'])
  })

  it('T-83: none for sent mail', () => {
    const w = world({ autoTrackSentFolderItems: true })
    const sales = w.queue('Sales', all)
    const sent = w.message({ place: 'sent', from: 'sales@contoso.example', to: ['carla@adatum.example'] })
    expect(w.decide(sent, sales).plan?.queues).toEqual([])
  })
})

const plan = (sketch = {}) => {
  const w = world()
  return w.decide(w.message(sketch), w.user('Anna'), { kind: 'category' }).plan
}

describe('content of the plan', () => {
  it('T-13: Auto-Submitted and Reply-To are kept as JSON; nothing without them', () => {
    const headers = { autoSubmitted: 'auto-replied', replyTo: [{ name: 'Help', address: 'help@adatum.example' }] }
    expect(JSON.parse(plan({ headers })?.internetMessageHeaders ?? '')).toEqual({
      'Auto-Submitted': 'auto-replied',
      'Reply-To': 'Help <help@adatum.example>',
    })
    expect(plan()?.internetMessageHeaders).toBeUndefined()
  })

  it('T-90: the subject is cut at 200 characters, never within one', () => {
    expect(plan({ subject: 'x'.repeat(300) })?.subject).toHaveLength(200)
    expect(plan({ subject: `${'x'.repeat(199)}😀` })?.subject).toBe('x'.repeat(199))
    expect(plan({ headers: { importance: 'high' } })?.importance).toBe('high')
  })

  it('T-36: found in Sent Items ⇒ outgoing, otherwise incoming', () => {
    expect(plan({ place: 'sent' })?.direction).toBe('outgoing')
    expect(plan({ place: 'mapped' })?.direction).toBe('incoming')
  })

  it('T-86, T-94, T-95: a tracked item gets the category, and loses the undeliverable one', () => {
    const w = world()
    const user = w.user('Anna', all)
    const undeliverable = w.message({ to: [anna], undeliverableCategory: true })
    expect(w.decide(undeliverable, user).marks).toEqual({ add: ['tracked'], remove: ['undeliverable'] })
    const marked = w.message({ trackedCategory: true })
    expect(w.decide(marked, user, { kind: 'category' }).marks).toEqual({ add: [], remove: [] })
    w.settings.trackCategorizedItems = false
    expect(w.decide(w.message({ to: [anna] }), user).marks.add).toEqual([])
  })
})

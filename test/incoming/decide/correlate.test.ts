import { describe, expect, it } from 'vitest'
import { addressHashes, subjectHashes } from '../../../src/sync/incoming/decide/index.ts'
import { CORRELATION, type KnownEmail } from '../../../src/sync/incoming/model.ts'
import { type Colleague, DEFAULT_SETTINGS, day, type MessageSketch, threadIndex, type World, world } from './world.ts'

function setting(settings: Parameters<typeof world>[0] = {}): { w: World; anna: Colleague } {
  const w = world(settings)
  return { w, anna: w.user('Anna') }
}

function correlation(w: World, anna: Colleague, sketch: MessageSketch) {
  const decision = w.decide(w.message(sketch), anna, { kind: 'category' })
  const { correlation, correlationMethod: method, parentEmailId } = decision.plan as NonNullable<typeof decision.plan>
  return { method, email: correlation?.email.id, parent: parentEmailId }
}

/** A stored email that smart matching would find for a message `sketch`. */
function alike(w: World, sketch: { subject: string; addresses: string[] }, more: Partial<KnownEmail> = {}): KnownEmail {
  const from = sketch.addresses.map((address) => ({ name: '', address }))
  return w.email({
    subjectHashes: subjectHashes(sketch.subject, w.settings),
    addressHashes: addressHashes({ from, to: [], cc: [], bcc: [] }, w.settings),
    ...more,
  })
}

describe('the methods and their order', () => {
  it('T-41: In-Reply-To, token, conversation index, smart matching: the first hit wins', () => {
    const { w, anna } = setting({ useSmartMatching: true })
    const subject = 'RE: A new roof CRM:0001001'
    const people = ['carla@adatum.example', 'anna@contoso.example']
    const emails = [
      w.email(),
      w.email({ token: 'CRM:0001001' }),
      w.email({ threadIndex: threadIndex(7) }),
      alike(w, { subject, addresses: people }),
    ] as [KnownEmail, KnownEmail, KnownEmail, KnownEmail]
    const sketch = { subject, to: ['anna@contoso.example'] }
    const index = { headers: { threadIndex: threadIndex(7, 1) } }
    expect(correlation(w, anna, { ...sketch, ...index, inReplyTo: emails[0].key })).toEqual({
      method: CORRELATION.inReplyTo,
      email: emails[0].id,
      parent: emails[0].id,
    })
    expect(correlation(w, anna, { ...sketch, ...index })).toMatchObject({ method: 4, email: emails[1].id })
    const { token: _, ...untokened } = emails[1]
    w.emails.splice(1, 1, untokened)
    expect(correlation(w, anna, { ...sketch, ...index })).toMatchObject({ method: 5, email: emails[2].id })
    expect(correlation(w, anna, sketch)).toMatchObject({ method: 6, email: emails[3].id })
  })

  it('T-41: nothing found is code 0; nothing that could be tried is code 1', () => {
    const { w, anna } = setting()
    expect(correlation(w, anna, { inReplyTo: '<unknown@adatum.example>' }).method).toBe(CORRELATION.none)
    Object.assign(w.settings, { useCorrelation: false, useTrackingTokens: false })
    expect(correlation(w, anna, {}).method).toBe(CORRELATION.skipped)
  })

  it.each([{ useCorrelation: false }, { ignoreConversationIndexAndInReplyToForCorrelation: true }])(
    'T-42: %o ⇒ headers are skipped, tokens still count',
    (settings) => {
      const { w, anna } = setting(settings)
      const email = w.email({ token: 'CRM:0001001', threadIndex: threadIndex(7) })
      const headers = { threadIndex: threadIndex(7, 1) }
      expect(correlation(w, anna, { inReplyTo: email.key, headers }).email).toBeUndefined()
      expect(correlation(w, anna, { subject: 'RE: x CRM:0001001' })).toMatchObject({ method: 4, email: email.id })
    },
  )

  it('OE-33: tokens switched off ⇒ stored tokens still match', () => {
    const { w, anna } = setting({ useTrackingTokens: false })
    const email = w.email({ token: 'CRM:0001001' })
    expect(correlation(w, anna, { subject: 'RE: x CRM:0001001' }).email).toBe(email.id)
  })
})

describe('tokens', () => {
  it('T-56: a token used twice ⇒ the most recently created email', () => {
    const { w, anna } = setting()
    w.email({ token: 'CRM:0001001', createdOn: day(1) })
    const latest = w.email({ token: 'CRM:0001001', createdOn: day(3) })
    w.email({ token: 'CRM:0001001', createdOn: day(2) })
    expect(correlation(w, anna, { subject: 'x crm:0001001' }).email).toBe(latest.id)
  })

  it('T-54: a prefix of former days still counts', () => {
    const { w, anna } = setting({ tokenPrefixes: ['NEW:', 'CRM:'] })
    const email = w.email({ token: 'CRM:0001001' })
    expect(correlation(w, anna, { subject: 'x CRM:0001001' }).email).toBe(email.id)
  })
})

describe('In-Reply-To and References', () => {
  it('T-43: ids are compared with their letter case, without blanks around', () => {
    const { w, anna } = setting()
    const email = w.email({ key: '<Abc@x>' })
    expect(correlation(w, anna, { inReplyTo: '  <Abc@x>\t' }).email).toBe(email.id)
    expect(correlation(w, anna, { inReplyTo: '<abc@x>' }).email).toBeUndefined()
  })

  it('T-43: unknown In-Reply-To ⇒ References, last to first', () => {
    const { w, anna } = setting()
    const [older, newer] = [w.email({ createdOn: day(9) }), w.email({ createdOn: day(3) })]
    const references = [older.key, newer.key, '<unknown@x>']
    expect(correlation(w, anna, { inReplyTo: '<lost@x>', references })).toMatchObject({ method: 3, email: newer.id })
  })

  it('T-45: a changed subject does not matter', () => {
    const { w, anna } = setting()
    const email = w.email()
    expect(correlation(w, anna, { subject: 'Something else', inReplyTo: email.key }).email).toBe(email.id)
  })

  it('T-44: a forward correlates, unless the organization says it is no reply', () => {
    const { w, anna } = setting()
    const email = w.email()
    const forward = { subject: 'WG: An offer', inReplyTo: email.key }
    expect(correlation(w, anna, forward).email).toBe(email.id)
    w.settings.doNotCorrelateForwardedEmailsAsReplies = true
    expect(correlation(w, anna, forward)).toMatchObject({ email: undefined, method: CORRELATION.none })
    expect(correlation(w, anna, { ...forward, subject: 'RE: An offer' }).email).toBe(email.id)
  })

  it('T-47: two copies of the answered message ⇒ the most recently created one', () => {
    const { w, anna } = setting()
    w.email({ key: '<x>', direction: 'outgoing', createdOn: day(1) })
    const latest = w.email({ key: '<x>', direction: 'incoming', createdOn: day(2) })
    expect(correlation(w, anna, { inReplyTo: '<x>' }).email).toBe(latest.id)
  })

  it('T-49: an untracked message is passed over; an earlier one of the conversation still counts', () => {
    const { w, anna } = setting()
    const first = w.email()
    const second = w.email({ untracked: true })
    expect(correlation(w, anna, { inReplyTo: second.key }).email).toBeUndefined()
    expect(correlation(w, anna, { inReplyTo: second.key, references: [first.key, second.key] }).email).toBe(first.id)
  })
})

describe('conversation index', () => {
  it('T-46: the first 22 bytes decide', () => {
    const { w, anna } = setting()
    const email = w.email({ threadIndex: threadIndex(7, 2) })
    const found = correlation(w, anna, { headers: { threadIndex: threadIndex(7, 1) } })
    expect(found).toEqual({ method: CORRELATION.conversationIndex, email: email.id, parent: email.id })
    expect(correlation(w, anna, { headers: { threadIndex: threadIndex(8, 1) } }).email).toBeUndefined()
  })

  it('T-46: an equal hash is not enough; a short or broken value never matches', () => {
    const { w, anna } = setting()
    const email = w.email({ threadIndex: threadIndex(7) })
    const knowledge = w.knowledge(anna)
    w.knowledge = () => ({ ...knowledge, emailsByThreadHash: () => [email] })
    expect(correlation(w, anna, { headers: { threadIndex: threadIndex(8) } }).email).toBeUndefined()
    for (const broken of ['', 'AQ==', '%%%'])
      expect(correlation(w, anna, { headers: { threadIndex: broken } }).email).toBeUndefined()
  })
})

describe('what a hit brings', () => {
  const regarding = { table: 'opportunity', id: 'o1' }
  const related = [{ table: 'contact', id: 'c1' }]

  it('T-48: regarding, related, token and conversation are those of the email before', () => {
    const { w, anna } = setting()
    const email = w.email({ regarding, related, token: 'CRM:0001001', threadId: 't1' })
    const { plan } = w.decide(w.message({ inReplyTo: email.key }), anna, { kind: 'category' })
    expect(plan).toMatchObject({
      regarding: { record: regarding, from: 'correlation' },
      related,
      token: 'CRM:0001001',
      threadId: 't1',
      parentEmailId: email.id,
    })
    expect(plan?.parties.filter((party) => party.role === 'related').map((party) => party.record)).toEqual(related)
  })

  it('T-48: no parent for tokens and smart matching', () => {
    const { w, anna } = setting({ useSmartMatching: true })
    w.email({ token: 'CRM:0001001' })
    expect(correlation(w, anna, { subject: 'x CRM:0001001' })).toMatchObject({ method: 4, parent: undefined })
    const addresses = ['carla@adatum.example', 'anna@contoso.example']
    alike(w, { subject: 'A new roof', addresses })
    const found = correlation(w, anna, { subject: 'RE: A new roof', to: ['anna@contoso.example'] })
    expect(found).toMatchObject({ method: 6, parent: undefined })
  })

  it('T-48: without a hit the email begins its own conversation', () => {
    const { w, anna } = setting()
    const message = w.message()
    expect(w.decide(message, anna, { kind: 'category' }).plan?.threadId).toBe(message.ids.email)
  })
})

const record = (id: string) => ({ table: 'account', id })

describe('precedence of regarding', () => {
  it("B-50: person, thread, folder, correlation, in this order; a mapping's switch puts it first", () => {
    const { w, anna } = setting()
    const email = w.email({ regarding: record('correlation'), threadId: 't1' })
    const message = () => w.message({ inReplyTo: email.key })
    const inMapped = (alwaysReapply: boolean) => ({
      kind: 'folder' as const,
      mapping: { id: 'm1', folderId: 'f', folderName: 'F', regarding: record('folder'), alwaysReapply },
    })
    const regarding = (trigger: Parameters<World['decide']>[2]) => w.decide(message(), anna, trigger).plan?.regarding
    expect(regarding({ kind: 'category' })).toEqual({ record: record('correlation'), from: 'correlation' })
    const byFolder = { record: record('folder'), from: 'folder', mappingId: 'm1' }
    expect(regarding(inMapped(false))).toEqual(byFolder)
    w.choose('t1', { regarding: record('thread') })
    expect(regarding(inMapped(false))).toEqual({ record: record('thread'), from: 'thread' })
    expect(regarding(inMapped(true))).toEqual(byFolder)
    expect(regarding({ kind: 'api', userId: anna.id, regarding: record('person') })).toEqual({
      record: record('person'),
      from: 'person',
    })
  })
})

describe('suggestions', () => {
  const people = ['carla@adatum.example', 'anna@contoso.example']
  const sketch = { subject: 'RE: A new roof', to: ['anna@contoso.example'] }
  const regarding = { table: 'opportunity', id: 'o1' }

  it('B-51: smart matching off ⇒ what it would have found is suggested, with what it regards', () => {
    const { w, anna } = setting()
    const email = alike(w, { subject: 'A new roof', addresses: people }, { regarding })
    const decision = w.decide(w.message(sketch), anna)
    expect(decision).toMatchObject({
      outcome: 'suggested',
      reason: 'SmartMatchSuggestion',
      suggestion: { regarding, emailId: email.id },
    })
    expect(decision.plan).toBeUndefined()
  })

  it('B-51: on ⇒ it correlates and the reply is accepted', () => {
    const { w, anna } = setting({ useSmartMatching: true })
    alike(w, { subject: 'A new roof', addresses: people }, { regarding })
    const decision = w.decide(w.message(sketch), anna)
    expect(decision).toMatchObject({ outcome: 'tracked', reason: 'AutomaticReply', plan: { correlationMethod: 6 } })
    expect(decision.suggestion).toBeUndefined()
  })

  it('B-51: a tracked email without regarding carries the suggestion', () => {
    const { w, anna } = setting()
    alike(w, { subject: 'A new roof', addresses: people }, { regarding })
    expect(w.decide(w.message(sketch), anna, { kind: 'category' })).toMatchObject({
      outcome: 'tracked',
      suggestion: { regarding },
    })
  })

  it('B-51: nothing is suggested to those who want no email, nor without a regarding', () => {
    const { w } = setting()
    const ben = w.user('Ben', { acceptance: 4 })
    alike(w, { subject: 'A new roof', addresses: people }, { regarding })
    expect(w.decide(w.message({ ...sketch, to: ['ben@contoso.example', 'x@y.z'], cc: [] }), ben).outcome).toBe(
      'notTracked',
    )
    const other = setting()
    alike(other.w, { subject: 'A new roof', addresses: people })
    expect(other.w.decide(other.w.message(sketch), other.anna).outcome).toBe('notTracked')
  })

  it('T-61: with a window set, older emails are not compared', () => {
    const { w, anna } = setting({ useSmartMatching: true, smartMatchWindowDays: 10 })
    alike(w, { subject: 'A new roof', addresses: people }, { createdOn: day(365 - 20) })
    expect(correlation(w, anna, sketch).email).toBeUndefined()
    const recent = alike(w, { subject: 'A new roof', addresses: people }, { createdOn: day(364) })
    expect(correlation(w, anna, sketch).email).toBe(recent.id)
    expect(DEFAULT_SETTINGS.smartMatchWindowDays).toBeUndefined()
  })
})

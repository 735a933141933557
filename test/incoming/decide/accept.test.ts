import { describe, expect, it } from 'vitest'
import { ACCEPT, type Acceptance } from '../../../src/sync/incoming/model.ts'
import { type Colleague, type World, world } from './world.ts'

const anna = 'anna@contoso.example'
const ben = 'ben@contoso.example'

function reply(w: World, processing: Colleague, to: string[] = [anna]) {
  const email = w.email()
  return w.decide(w.message({ to, inReplyTo: email.key }), processing)
}

describe('who may accept', () => {
  it('T-22: the processed mailbox is asked first, then recipients in the order To, Cc, Bcc', () => {
    const w = world()
    const users = ['Ben', 'Cleo', 'Dora', 'Anna'].map((name) => w.user(name))
    const to = { to: [ben], cc: ['cleo@contoso.example', anna], bcc: ['dora@contoso.example'] }
    const decision = w.decide(w.message(to), users[3] as Colleague)
    expect(decision.trace.filter((step) => step.rule === 'T-23').map((step) => step.with?.['name'])).toEqual([
      'Anna',
      'Ben',
      'Cleo',
      'Dora',
    ])
  })

  it('T-22: the first who accepts is the accepting entity; the processed mailbox is the receiving one', () => {
    const w = world()
    const [first, second] = [w.user('Anna'), w.user('Ben', { acceptance: ACCEPT.all })]
    const { plan } = w.decide(w.message({ to: [anna, ben] }), first)
    expect(plan).toMatchObject({
      acceptingEntity: second.actor.record,
      receivingMailboxId: first.actor.mailboxId,
    })
  })

  it('T-22, T-93: an email tracked by hand has no accepting entity and asks no filter', () => {
    const w = world()
    const user = w.user('Anna', { acceptance: ACCEPT.none })
    const decision = w.decide(w.message(), user, { kind: 'category' })
    expect(decision).toMatchObject({ outcome: 'tracked', reason: 'ManualCategory' })
    expect(decision.plan?.acceptingEntity).toBeUndefined()
  })

  it('T-21: a recipient whose mailbox is not approved or enabled is not asked', () => {
    const w = world()
    const user = w.user('Anna')
    w.user('Ben', { acceptance: ACCEPT.all, processes: false })
    expect(w.decide(w.message({ to: [anna, ben] }), user).reason).toBe('NoCorrelationMatch')
  })

  it.each([
    [ACCEPT.all, 'AutomaticAll'],
    [ACCEPT.replies, 'NoRecipientMatch'],
    [ACCEPT.leadsContactsAccounts, 'NoRecipientMatch'],
    [ACCEPT.emailEnabled, 'NoRecipientMatch'],
    [ACCEPT.none, 'NoRecipientMatch'],
  ])('T-25: not among the recipients, code %i ⇒ %s', (acceptance, reason) => {
    const w = world()
    const user = w.user('Anna', { acceptance })
    w.contact('carla@adatum.example')
    expect(reply(w, user, ['everybody@contoso.example']).reason).toBe(reason)
  })

  it('T-26: a shared address that is left unresolved is nobody ⇒ NoRecipientMatch', () => {
    const w = world({ unresolveRecipientsInCaseOfMultipleMatch: true })
    const user = w.user('Anna')
    w.contact(anna)
    expect(reply(w, user).reason).toBe('NoRecipientMatch')
  })

  it('T-67: a disabled user among the recipients is not asked', () => {
    const w = world()
    const user = w.user('Anna')
    w.user('Ben', { acceptance: ACCEPT.all, active: false })
    expect(w.decide(w.message({ to: [ben] }), user).reason).toBe('NoRecipientMatch')
  })

  it('T-27: correlation off and the only candidates want replies ⇒ NoCorrelationMatch', () => {
    const w = world({ useCorrelation: false })
    const user = w.user('Anna')
    expect(reply(w, user).reason).toBe('NoCorrelationMatch')
  })

  it('T-28: only the processed mailbox is a candidate', () => {
    const w = world({ useFilteringMethodOfSyncingMailboxOnlyForCorrelation: true })
    const user = w.user('Anna')
    w.user('Ben', { acceptance: ACCEPT.all })
    expect(w.decide(w.message({ to: [anna, ben] }), user).reason).toBe('NoCorrelationMatch')
    expect(w.decide(w.message({ to: [ben] }), user).reason).toBe('NoRecipientMatch')
  })

  it("T-29: in a user's mailbox only that user's filter accepts; in a queue's mailbox others do too", () => {
    const w = world({ sssForceFilteringMethodForUserMailboxes: true })
    const user = w.user('Anna')
    const sales = w.queue('Sales')
    w.user('Ben', { acceptance: ACCEPT.all })
    expect(w.decide(w.message({ to: [anna, ben] }), user).reason).toBe('NoCorrelationMatch')
    expect(w.decide(w.message({ to: ['sales@contoso.example', ben] }), sales).reason).toBe('AutomaticAll')
  })

  it('T-30: a message accepted by code 0 is correlated all the same', () => {
    const w = world()
    const user = w.user('Anna', { acceptance: ACCEPT.all })
    const offer = w.email({ regarding: { table: 'opportunity', id: 'o1' } })
    const decision = w.decide(w.message({ to: [anna], inReplyTo: offer.key }), user)
    expect(decision).toMatchObject({
      reason: 'AutomaticAll',
      plan: { regarding: { record: { table: 'opportunity', id: 'o1' }, from: 'correlation' }, parentEmailId: offer.id },
    })
  })

  it('T-23: a reply of an unknown sender is not accepted by code 2', () => {
    const w = world()
    expect(reply(w, w.user('Anna', { acceptance: ACCEPT.leadsContactsAccounts })).reason).toBe('NoCorrelationMatch')
  })

  it('T-23: an ambiguous sender that stays unresolved is nobody to codes 2 and 3', () => {
    for (const acceptance of [ACCEPT.leadsContactsAccounts, ACCEPT.emailEnabled]) {
      const w = world({ unresolveSenderInCaseOfMultipleMatch: true })
      const user = w.user('Anna', { acceptance })
      w.contact('carla@adatum.example')
      w.account('carla@adatum.example')
      expect(w.decide(w.message({ to: [anna] }), user).reason).toBe('NoCorrelationMatch')
    }
  })
})

/** Written from the table of T-20…T-25, not from the code: what a mailbox on its own does with a message. */
function oracle(state: State): string {
  if (state.trigger === 'category') return 'ManualCategory'
  if (state.direction === 'outgoing' && !state.sentSearched) return 'FolderNotSearched'
  const code = state.acceptance
  if (state.direction === 'incoming' && !state.addressed && code !== 0) return 'NoRecipientMatch'
  const accepted =
    code === 0 ||
    (code === 1 && state.correlated) ||
    (code === 2 && state.other === 'contact') ||
    (code === 3 && (state.other === 'contact' || state.other === 'custom' || state.other === 'queue'))
  if (!accepted) return 'NoCorrelationMatch'
  if (state.direction === 'outgoing') return 'AutomaticSentItem'
  return ['AutomaticAll', 'AutomaticReply', 'AutomaticKnownSender', 'AutomaticEmailEnabled'][code] as string
}

interface State {
  trigger: 'automatic' | 'category'
  direction: 'incoming' | 'outgoing'
  sentSearched: boolean
  acceptance: Acceptance
  addressed: boolean
  correlated: boolean
  other: 'nobody' | 'contact' | 'custom' | 'queue' | 'plain'
}

const both = [true, false]
const states: State[] = (['automatic', 'category'] as const).flatMap((trigger) =>
  (['incoming', 'outgoing'] as const).flatMap((direction) =>
    both.flatMap((sentSearched) =>
      Object.values(ACCEPT).flatMap((acceptance) =>
        both.flatMap((addressed) =>
          both.flatMap((correlated) =>
            (['nobody', 'contact', 'custom', 'queue', 'plain'] as const).map((other) => ({
              trigger,
              direction,
              sentSearched,
              acceptance,
              addressed,
              correlated,
              other,
            })),
          ),
        ),
      ),
    ),
  ),
)

describe('T-20…T-25, T-93: every combination, against the table', () => {
  it.each(['automatic', 'category'] as const)('%s', (trigger) => {
    for (const state of states.filter((one) => one.trigger === trigger)) {
      const w = world({ autoTrackSentFolderItems: state.sentSearched })
      const user = w.user('Anna', { acceptance: state.acceptance })
      w.customEmailTables.add('new_supplier')
      const other = 'carla@adatum.example'
      if (state.other === 'contact') w.contact(other)
      if (state.other === 'custom') w.record('new_supplier', other)
      if (state.other === 'queue') w.record('queue', other)
      if (state.other === 'plain') w.record('new_diary', other)
      const own = state.addressed ? anna : 'everybody@contoso.example'
      const message = w.message({
        place: state.direction === 'outgoing' ? 'sent' : 'inbox',
        ...(state.direction === 'outgoing' ? { from: own, to: [other] } : { from: other, to: [own] }),
        ...(state.correlated ? { inReplyTo: w.email().key } : {}),
      })
      const decision = w.decide(message, user, { kind: trigger })
      expect({ ...state, reason: decision.reason }).toEqual({ ...state, reason: oracle(state) })
    }
  })
})

const between = (w: World, processing: Colleague, more = {}) =>
  w.decide(w.message({ from: ben, to: [anna], ...more }), processing)

describe('email between colleagues', () => {
  const off = { trackEmailsBetweenUsersAsTwoActivities: false }

  it('T-32: on ⇒ the received copy is tracked though the sent copy is', () => {
    const w = world()
    const [user] = [w.user('Anna', { acceptance: ACCEPT.all }), w.user('Ben')]
    w.email({ key: '<x>', direction: 'outgoing' })
    expect(between(w, user, { messageId: '<x>' }).reason).toBe('AutomaticAll')
  })

  it('T-32: the sent copy is no email that the received copy answers', () => {
    const w = world()
    const [user] = [w.user('Anna'), w.user('Ben')]
    w.email({ key: '<x>', direction: 'outgoing', token: 'CRM:0001001' })
    expect(between(w, user, { messageId: '<x>', subject: 'Hello CRM:0001001' }).reason).toBe('NoCorrelationMatch')
  })

  it('T-33: off, without the enhancement ⇒ ignored', () => {
    const w = world({ ...off, ignoreInternalEmailDetectionEnhancement: false })
    const [user] = [w.user('Anna', { acceptance: ACCEPT.all }), w.user('Ben')]
    expect(between(w, user).reason).toBe('InternalEmail')
  })

  it('T-33: off, with the enhancement ⇒ kept while no other copy exists, and the filters are asked', () => {
    const w = world(off)
    const [all] = [w.user('Anna', { acceptance: ACCEPT.all }), w.user('Ben')]
    expect(between(w, all).reason).toBe('AutomaticInternal')
    w.email({ key: '<x>', direction: 'outgoing' })
    expect(between(w, all, { messageId: '<x>' }).reason).toBe('InternalEmail')
    const other = world(off)
    const [replies] = [other.user('Anna'), other.user('Ben')]
    expect(between(other, replies).reason).toBe('NoCorrelationMatch')
    expect(between(other, replies, { inReplyTo: other.email().key }).reason).toBe('AutomaticInternal')
  })

  it('T-33: a known customer among the recipients makes it external; an unknown address does not', () => {
    const w = world({ ...off, ignoreInternalEmailDetectionEnhancement: false })
    const [user] = [w.user('Anna', { acceptance: ACCEPT.all }), w.user('Ben')]
    expect(between(w, user, { cc: ['unknown@adatum.example'] }).reason).toBe('InternalEmail')
    w.contact('carla@adatum.example')
    expect(between(w, user, { cc: ['carla@adatum.example'] }).reason).toBe('AutomaticAll')
  })

  it('T-33: tracking by hand asks nothing of this', () => {
    const w = world({ ...off, ignoreInternalEmailDetectionEnhancement: false })
    const [user] = [w.user('Anna'), w.user('Ben')]
    expect(w.decide(w.message({ from: ben, to: [anna] }), user, { kind: 'category' }).outcome).toBe('tracked')
  })

  it.each([
    [true, ACCEPT.all, 'AutomaticInternal'],
    [true, ACCEPT.replies, 'NoCorrelationMatch'],
    [false, ACCEPT.all, 'InternalEmail'],
  ])("T-34: user to queue, kept: %s, queue's code %i ⇒ %s", (doNotIgnoreInternalEmailToQueues, acceptance, reason) => {
    const w = world({ ...off, doNotIgnoreInternalEmailToQueues })
    const sales = w.queue('Sales', { acceptance })
    w.user('Anna', { acceptance: ACCEPT.all })
    w.user('Ben')
    expect(between(w, sales, { to: [anna, 'sales@contoso.example'] }).reason).toBe(reason)
  })

  it.each([
    [false, 'AutomaticInternal'],
    [true, 'InternalEmail'],
  ])('T-35: queue to user, dropped: %s ⇒ %s', (ignoreInternalEmailFromQueues, reason) => {
    const w = world({ ...off, ignoreInternalEmailFromQueues })
    const user = w.user('Anna', { acceptance: ACCEPT.all })
    w.queue('Sales')
    expect(w.decide(w.message({ from: 'sales@contoso.example', to: [anna] }), user).reason).toBe(reason)
  })
})

import { describe, expect, it } from 'vitest'
import { ACCEPT } from '../../../src/sync/incoming/model.ts'
import { type Colleague, inFolder, type World, world } from './world.ts'

const anna = 'anna@contoso.example'

function setting(settings: Parameters<typeof world>[0] = {}): { w: World; user: Colleague } {
  const w = world(settings)
  return { w, user: w.user('Anna', { acceptance: ACCEPT.all }) }
}

describe('item checks', () => {
  it.each([
    ['<>', {}],
    ['Somebody', {}],
    ['a@b@c', {}],
    ['', { sender: [{ name: '', address: 'not an address' }] }],
  ])('T-10: sender %j is none ⇒ InvalidSender, by hand too', (from, headers) => {
    const { w, user } = setting()
    for (const kind of ['automatic', 'category'] as const)
      expect(w.decide(w.message({ from, to: [anna], headers }), user, { kind }).reason).toBe('InvalidSender')
  })

  it('T-10: without From the header Sender counts', () => {
    const { w, user } = setting()
    const headers = { from: [], sender: [{ name: 'C', address: 'c@x.example' }] }
    expect(w.decide(w.message({ to: [anna], headers }), user).plan?.parties[0]?.address).toBe('c@x.example')
  })

  it('T-11: rights-protected email only where it is allowed', () => {
    const { w, user } = setting()
    const message = w.message({ to: [anna], headers: { rightsProtected: true } })
    expect(w.decide(message, user).outcome).toBe('tracked')
    w.settings.restrictIrmEmailItems = true
    expect(w.decide(message, user)).toMatchObject({ outcome: 'notTracked', reason: 'RestrictedItem' })
  })

  it('T-12, T-13: encrypted messages, bounces and automatic replies are tracked like any other', () => {
    const { w, user } = setting()
    const kinds = [{ encrypted: true }, { kind: 'report' as const }, { autoSubmitted: 'auto-replied' }]
    for (const headers of kinds) expect(w.decide(w.message({ to: [anna], headers }), user).outcome).toBe('tracked')
  })

  it('T-14: meeting items are ignored', () => {
    const { w, user } = setting()
    expect(w.decide(w.message({ to: [anna], headers: { kind: 'meeting' } }), user)).toMatchObject({
      outcome: 'ignored',
      reason: 'NotAMessage',
    })
  })

  it('T-1: only the Inbox is searched, Sent Items where wanted; marks count everywhere (T-5)', () => {
    const { w, user } = setting()
    for (const place of ['other', 'mapped', 'sent'] as const) {
      expect(w.decide(w.message({ place, to: [anna] }), user).reason).toBe('FolderNotSearched')
      expect(w.decide(w.message({ place }), user, { kind: 'category' }).outcome).toBe('tracked')
    }
  })

  it('MB-47: older than the start date ⇒ not looked at, except by hand (T-5, FT-20)', () => {
    const { w, user } = setting()
    w.effectiveStart = new Date('2026-01-01')
    const old = w.message({ to: [anna], received: new Date('2025-12-31') })
    expect(w.decide(old, user)).toMatchObject({ outcome: 'ignored', reason: 'BeforeStartDate' })
    expect(w.decide(old, user, { kind: 'category' }).outcome).toBe('tracked')
    expect(w.decide(old, user, inFolder()).outcome).toBe('tracked')
  })

  it('T-94: while tracking by category is off, the category says nothing', () => {
    const { w, user } = setting({ trackCategorizedItems: false })
    const replies = w.user('Ben')
    expect(w.decide(w.message({ to: ['ben@contoso.example'] }), replies, { kind: 'category' }).reason).toBe(
      'NoCorrelationMatch',
    )
    expect(w.decide(w.message({ to: [anna] }), user, { kind: 'category' }).reason).toBe('AutomaticAll')
  })

  it('T-94: a category that leads to nothing is taken off again', () => {
    const { w, user } = setting()
    const message = w.message({ from: 'Nobody', trackedCategory: true })
    expect(w.decide(message, user, { kind: 'category' }).marks).toEqual({ add: [], remove: ['tracked'] })
  })

  const original = { mailboxId: 'm1', name: 'Anna', incomingIsForward: true }
  it.each([
    ['not as an attachment', { attached: false, original }],
    ['by a stranger', { attached: true }],
    [
      'from a mailbox that is not set to forward',
      { attached: true, original: { ...original, incomingIsForward: false } },
    ],
  ])('MB-101: forwarded %s ⇒ InvalidForwardMailItem', (_title, forward) => {
    const { w, user } = setting()
    const decision = w.decide(w.message({ to: [anna], forward }), user)
    expect(decision).toMatchObject({ outcome: 'failed', reason: 'InvalidForwardMailItem' })
  })

  it('MB-103: the original mailbox decides, the forward mailbox is the receiving one', () => {
    const { w, user } = setting()
    const knowledge = { ...w.knowledge(user), receivingMailboxId: 'forward-mailbox' }
    w.knowledge = () => knowledge
    const { plan } = w.decide(w.message({ to: [anna], forward: { attached: true, original } }), user)
    expect(plan).toMatchObject({ acceptingEntity: user.actor.record, receivingMailboxId: 'forward-mailbox' })
  })
})

const rule = (kind: 'address' | 'domain' | 'subject' | 'sensitivity', pattern: string) => ({
  id: 'rule-1',
  scope: 'user' as const,
  kind,
  pattern,
})

describe('blocklists', () => {
  it.each([
    [rule('address', 'Carla@Adatum.example'), {}, true],
    [rule('address', 'arla@adatum.example'), {}, false],
    [rule('domain', 'adatum.example'), {}, true],
    [rule('domain', '@adatum.example'), {}, true],
    [rule('domain', 'example'), {}, true],
    [rule('domain', 'datum.example'), {}, false],
    [rule('domain', 'adatum.example'), { from: 'c@mail.adatum.example' }, true],
    [rule('subject', 'salary*2026'), { subject: 'Your SALARY in 2026' }, true],
    [rule('subject', 'salary*2026'), { subject: '2026: salary' }, false],
    [rule('sensitivity', 'private, confidential'), { headers: { sensitivity: 'confidential' as const } }, true],
    [rule('sensitivity', 'private'), {}, false],
    [rule('address', ' '), {}, false],
    [rule('subject', ''), {}, false],
  ])('B-80: %o on %o ⇒ %s', (blockRule, sketch, blocked) => {
    const { w, user } = setting()
    w.blockRules = [blockRule]
    for (const kind of ['automatic', 'category'] as const) {
      const decision = w.decide(w.message({ to: [anna], ...sketch }), user, { kind })
      expect(decision.reason === 'Blocked').toBe(blocked)
      expect(decision.keepSubject).toBe(!blocked)
    }
  })

  it('B-80: of sent mail the recipients count', () => {
    const { w, user } = setting({ autoTrackSentFolderItems: true })
    w.blockRules = [rule('domain', 'adatum.example')]
    const sent = w.message({ place: 'sent', from: anna, to: ['x@contoso.example'], cc: ['carla@adatum.example'] })
    expect(w.decide(sent, user).reason).toBe('Blocked')
  })

  it('B-80: a blocked message is not even linked', () => {
    const { w, user } = setting()
    w.blockRules = [rule('domain', 'adatum.example')]
    w.email({ key: '<x>', direction: 'incoming' })
    const decision = w.decide(w.message({ to: [anna], messageId: '<x>' }), user)
    expect(decision.link).toBeUndefined()
    expect(JSON.stringify(decision)).not.toContain('adatum')
  })
})

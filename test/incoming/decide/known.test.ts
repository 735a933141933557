import { describe, expect, it } from 'vitest'
import { setRegarding, untrack } from '../../../src/sync/incoming/decide/index.ts'
import { ACCEPT } from '../../../src/sync/incoming/model.ts'
import { type Colleague, inFolder, type World, world } from './world.ts'

const anna = 'anna@contoso.example'
const account = { table: 'account', id: 'a1' }

function setting(settings: Parameters<typeof world>[0] = {}): { w: World; user: Colleague } {
  const w = world(settings)
  return { w, user: w.user('Anna', { acceptance: ACCEPT.all }) }
}

describe('duplicates', () => {
  it('T-85, B-60: message id and direction exist ⇒ linked, not created again', () => {
    const { w, user } = setting()
    const email = w.email({ key: '<x>', direction: 'incoming' })
    const decision = w.decide(w.message({ to: [anna], messageId: '<x>' }), user)
    expect(decision).toMatchObject({ outcome: 'linked', reason: 'Duplicate', link: { emailId: email.id, queues: [] } })
    expect(decision.plan).toBeUndefined()
  })

  it('T-85: the other direction is another email', () => {
    const { w, user } = setting()
    w.email({ key: '<x>', direction: 'outgoing' })
    expect(w.decide(w.message({ to: [anna], messageId: '<x>' }), user).outcome).toBe('tracked')
  })

  it('T-86: automatic tracking spreads the category to other mailboxes, tracking by hand does not', () => {
    const { w, user } = setting()
    w.email({ key: '<automatic>', direction: 'incoming' })
    w.email({ key: '<manual>', direction: 'incoming', automatic: false })
    const marks = (messageId: string) => w.decide(w.message({ to: [anna], messageId }), user).marks.add
    expect(marks('<automatic>')).toEqual(['tracked'])
    expect(marks('<manual>')).toEqual([])
  })

  it('T-97: tracked by hand, an email that exists is linked, marked, and set to what the person says', () => {
    const { w, user } = setting()
    const email = w.email({ key: '<x>', direction: 'incoming', automatic: false })
    const decision = w.decide(w.message({ messageId: '<x>' }), user, {
      kind: 'api',
      userId: user.id,
      regarding: account,
    })
    expect(decision).toMatchObject({
      outcome: 'linked',
      link: { emailId: email.id, regarding: { record: account, from: 'person' } },
      marks: { add: ['tracked'] },
    })
  })

  it('MB-48: an item that is linked in its place is left alone', () => {
    const { w, user } = setting()
    const email = w.email({ key: '<x>', direction: 'incoming' })
    const message = w.message({ to: [anna], messageId: '<x>' })
    w.copy(message, { emailId: email.id })
    const decision = w.decide(message, user)
    expect(decision).toMatchObject({ outcome: 'ignored', reason: 'AlreadyLinked', marks: { add: [], remove: [] } })
    expect(decision.link).toBeUndefined()
  })

  it('B-13: an item that was moved is linked in its new place', () => {
    const { w, user } = setting()
    const email = w.email({ key: '<x>', direction: 'incoming' })
    const message = w.message({ to: [anna], messageId: '<x>' })
    w.copy(message, { emailId: email.id }, true)
    expect(w.decide(message, user)).toMatchObject({ outcome: 'linked', reason: 'AlreadyLinked' })
  })

  it.each([
    [true, ['sales']],
    [false, []],
  ])('T-83: a queue that sees the email later gets its own item: %s', (setting, expected) => {
    const w = world({ createAdditionalQueueItemsForAlreadyTrackedEmail: setting })
    const sales = w.queue('Sales')
    const email = w.email({ key: '<x>', direction: 'incoming', queues: ['another'] })
    const message = w.message({ messageId: '<x>' })
    const queues = () => w.decide(message, sales).link?.queues
    expect(queues()).toEqual(expected.map(() => sales.id))
    email.queues.push(sales.id)
    expect(queues()).toEqual([])
  })

  it('T-99: an email that was deleted in the CRM is not made again by itself, but by hand', () => {
    const { w, user } = setting()
    const message = w.message({ to: [anna] })
    w.copy(message, { emailId: 'deleted' })
    expect(w.decide(message, user)).toMatchObject({ outcome: 'notTracked', reason: 'UntrackedByUser' })
    expect(w.decide(message, user, { kind: 'category' }).outcome).toBe('tracked')
  })

  it('T-95: given up ⇒ only a new mark starts a new attempt', () => {
    const { w, user } = setting()
    const message = w.message({ to: [anna], undeliverableCategory: true })
    w.copy(message, { state: 'undeliverable', retries: 6 })
    expect(w.decide(message, user)).toMatchObject({ outcome: 'failed', reason: 'Undeliverable' })
    expect(w.decide({ ...message, trackedCategory: true }, user, { kind: 'category' })).toMatchObject({
      outcome: 'tracked',
      marks: { remove: ['undeliverable'] },
    })
  })
})

describe('untracked', () => {
  it('T-100: not picked up again, in its place or moved, though the email exists', () => {
    for (const moved of [false, true]) {
      const { w, user } = setting()
      w.email({ key: '<x>', direction: 'incoming' })
      const message = w.message({ to: [anna], messageId: '<x>' })
      w.copy(message, { state: 'untracked', byPerson: true }, moved)
      expect(w.decide(message, user)).toMatchObject({ outcome: 'notTracked', reason: 'UntrackedByUser' })
      expect(w.decide(message, user, { kind: 'category' }).outcome).toBe('linked')
    }
  })

  it('FT-29: moved into a mapped folder it is tracked again; lying there it is not', () => {
    const { w, user } = setting()
    const message = w.message({ place: 'mapped' })
    w.copy(message, { state: 'untracked', byPerson: true }, true)
    expect(w.decide(message, user, inFolder()).outcome).toBe('tracked')
    w.copy(message, { state: 'untracked', byPerson: true })
    expect(w.decide(message, user, inFolder()).reason).toBe('UntrackedByUser')
  })

  it.each([true, false])('B-54: a stopped conversation is left alone, correlation on: %s', (useCorrelation) => {
    const { w, user } = setting({ useCorrelation })
    const email = w.email({ threadId: 't1', untracked: true })
    w.choose('t1', { stopped: true })
    const reply = w.message({ to: [anna], inReplyTo: email.key })
    expect(w.decide(reply, user)).toMatchObject({ outcome: 'notTracked', reason: 'ThreadStopped' })
    expect(w.decide(reply, user, { kind: 'category' }).outcome).toBe('tracked')
  })

  it('B-54: the copy of a stopped conversation is not linked to a colleague’s email either', () => {
    const { w, user } = setting()
    w.email({ key: '<x>', direction: 'incoming', threadId: 't1' })
    w.choose('t1', { stopped: true })
    expect(w.decide(w.message({ to: [anna], messageId: '<x>' }), user).reason).toBe('ThreadStopped')
  })

  it('T-98: the link and the category go, the email stays', () => {
    expect(untrack({ by: 'category' })).toMatchObject({
      copies: { state: 'untracked', byPerson: true, whose: 'mine', ofWholeThread: false },
      marks: { remove: expect.arrayContaining(['tracked']) as string[] },
      deleteEmail: false,
    })
    expect(untrack({ by: 'category' }).stopThread).toBeUndefined()
  })

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('T-98: deletion asked: %s, allowed: %s ⇒ %s', (wanted, allowed, expected) => {
    expect(untrack({ by: 'person', deleteEmail: { wanted, allowed } }).deleteEmail).toBe(expected)
  })

  it('B-54: the thread, for one user or for all copies', () => {
    expect(untrack({ by: 'person', what: 'thread' }).stopThread).toEqual({ forEveryone: false })
    expect(untrack({ by: 'person', what: 'thread', whose: 'everyone' })).toMatchObject({
      stopThread: { forEveryone: true },
      copies: { whose: 'everyone', ofWholeThread: true },
    })
  })

  it('T-96, B-50: a choice of regarding changes the email and is remembered for the conversation', () => {
    expect(setRegarding({ id: 'e1', threadId: 't1' }, account)).toMatchObject({
      emailId: 'e1',
      regarding: { record: account, from: 'person' },
      remember: { threadId: 't1', regarding: account },
    })
    expect(setRegarding({ id: 'e1', threadId: 't1' }, undefined).regarding).toBeUndefined()
  })
})

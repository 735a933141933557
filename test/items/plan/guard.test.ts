import { describe, expect, it } from 'vitest'
import { type Deed, guardPlan, type Pairing, type PlanContext, planPairing } from '#items'
import { contactItem, recordView, taskItem } from '../support/map.ts'
import { appointment, contextWith, decided, FILTERS, linkOf, ME, meeting, OTHER } from './support.ts'

const context = contextWith()
const counts = (contact: number) => ({ event: 0, task: 0, contact })
const contact = (number: number) =>
  recordView('contact', { lastname: `A${number}` }, { id: `c${number}`, owner: OTHER })
const card = (number: number) =>
  contactItem({ lastName: `A${number}` }, { ref: { folder: 'contacts', id: `i${number}`, version: '1' } })
const task = (number: number) => recordView('task', { subject: `B${number}` }, { id: `t${number}`, owner: ME })
const job = (number: number) =>
  taskItem({ subject: `B${number}` }, { ref: { folder: 'tasks', id: `j${number}`, version: '1' } })
const removals = (many: number): Deed[] =>
  Array.from({ length: many }, (_, number) => {
    const link = linkOf(contact(number), card(number), context)
    return decided({ link, record: 'gone', item: card(number) }, context) as Deed
  })
const invitations = (many: number): Deed[] =>
  Array.from({ length: many }, () => decided({ record: appointment(), filters: FILTERS }, context) as Deed)

describe('the guard', () => {
  it('B-40: holds all deletions when they are more than 20 and more than 5 %, and lets the rest go', () => {
    const other = invitations(1)
    const guarded = guardPlan([...removals(21), ...other], { ...context, linkedCounts: counts(400) })
    expect(guarded.go).toEqual(other)
    expect(guarded.held).toHaveLength(21)
    expect(guarded.questions).toMatchObject([{ kind: 'deleteBrake', extent: 21 }])
    expect(guarded.questions[0]?.text).toContain('deleted in the CRM: 21')
    expect(guardPlan(removals(20), { ...context, linkedCounts: counts(20) }).go).toHaveLength(20)
    expect(guardPlan(removals(21), { ...context, linkedCounts: counts(421) }).go).toHaveLength(21)
  })

  it('B-40: counts each kind against its own, on both sides, and not what a person untracked', () => {
    const many = (linkedCounts: typeof context.linkedCounts, deeds: readonly Deed[]) =>
      guardPlan(deeds, { ...context, linkedCounts }).held.length
    expect(many(counts(420), removals(21))).toBe(0) // 5 %, and not more
    expect(many({ event: 9000, task: 9000, contact: 400 }, removals(21))).toBe(21)
    const gone = (untrack: boolean) =>
      Array.from({ length: 21 }, (_, number) => {
        const link = linkOf(task(number), job(number), context)
        const pairing = untrack ? { item: job(number), untrack: 'delete' as const } : { item: 'gone' as const }
        return decided({ link, record: task(number), ...pairing }, context) as Deed
      })
    const half = removals(11)
    expect(gone(false).every(({ record }) => record?.do === 'delete')).toBe(true)
    expect(many({ event: 0, task: 30, contact: 30 }, gone(false))).toBe(21)
    expect(many({ event: 0, task: 30, contact: 30 }, [...gone(false).slice(10), ...half])).toBe(0)
    expect(gone(true).every(({ record }) => record?.do === 'delete')).toBe(true)
    expect(many({ event: 0, task: 30, contact: 30 }, gone(true))).toBe(0)
    expect(guardPlan(gone(false), { ...context, linkedCounts: counts(0) }).questions[0]?.text).toContain('in the CRM')
  })

  it('B-40: deletes as many as a person said, and unlinks where the answer is no', () => {
    const yes = { ...context, linkedCounts: counts(30), answers: { deleteBrake: { upTo: 21 } } }
    expect(guardPlan(removals(21), yes).go).toHaveLength(21)
    expect(guardPlan(removals(22), yes).held).toHaveLength(22)
    const no = guardPlan(removals(21), { ...yes, answers: { deleteBrake: 'no' } })
    expect(no.go).toHaveLength(21)
    expect(no.go.every(({ item, link }) => item?.do === 'update' && link === 'none')).toBe(true)
  })

  it('B-42: links before the first synchronization is confirmed, and does nothing else', () => {
    const both = {
      record: recordView('contact', { lastname: 'A' }, { owner: ME }),
      item: card(1),
      matchedBy: 'name' as const,
    }
    const matching = decided(both, context) as Deed
    const tracked = decided({ item: meeting(), tracked: true }, context) as Deed
    const { go, held, questions, summary } = guardPlan([matching, tracked, ...invitations(2)], {
      ...context,
      confirmed: false,
    })
    expect(go.map(({ item, record, link }) => [item, record, typeof link])).toEqual([[undefined, undefined, 'object']])
    expect(go[0]?.link).not.toHaveProperty('itemVersion')
    expect(go[0]?.link).not.toHaveProperty('categorized') // not written yet: nobody has taken it off (AP-95)
    expect(held.every(({ question }) => question?.kind === 'firstSync')).toBe(true)
    expect(summary).toEqual({ matched: 1, newInCrm: 1, newInMailbox: 2, invitations: 0 })
    expect(questions[0]?.text).toMatch(/^1 matched, 1 new in CRM, 2 new in Outlook, 0 invitations/)
  })

  it('B-42: counting what would be done tells the same as planning it whole', () => {
    const appointments = [appointment(), appointment({}, null), appointment({ scheduledstart: null })]
    const pairings: Pairing[] = [
      { item: card(1), tracked: true },
      { item: meeting(), tracked: true },
      { record: contact(1), filters: FILTERS },
      { record: contact(2), item: card(2), matchedBy: 'name' },
      ...appointments.map((record): Pairing => ({ record, filters: FILTERS })),
    ]
    const planned = (of: PlanContext) =>
      guardPlan(
        pairings.flatMap((pairing) => planPairing(pairing, of) ?? []),
        of,
      )
    const known = { ...context, confirmed: false }
    const [whole, counted] = [planned(known), planned({ ...known, countsOnly: true })]
    expect(counted.summary).toEqual(whole.summary)
    const about = ({ pairing, item, record, failure }: Deed) => [
      pairings.indexOf(pairing),
      item?.do,
      record?.do,
      failure?.code,
    ]
    expect(counted.go.map(about)).toEqual(whole.go.map(about))
    expect(counted.held.map(about)).toEqual(whole.held.map(about))
    expect(counted.held[0]?.record).toMatchObject({ do: 'create', change: {} })
  })

  it('B-42: what was planned before the first synchronization invites nobody, or a person is asked', () => {
    const before = { ...context, confirmedOn: new Date('2026-12-31T00:00:00Z') }
    const silent = guardPlan(invitations(2), before)
    expect(silent.go.map(({ item }) => item?.notify)).toEqual(['none', 'none'])
    const loud = { ...before, can: { ...context.can, notify: ['all'] as const } }
    const asked = guardPlan(invitations(2), loud)
    expect([asked.go.length, asked.held.length]).toEqual([0, 2])
    expect(asked.questions).toMatchObject([{ kind: 'invitations', extent: 2 }])
    expect(guardPlan(invitations(2), { ...loud, answers: { invitations: { upTo: 2 } } }).go).toHaveLength(2)
    const refused = guardPlan(invitations(2), { ...loud, answers: { invitations: 'no' } })
    expect(refused.go.every(({ item, failure }) => !item && failure)).toBe(true)
    const later = { ...loud, confirmedOn: new Date('2026-01-01T00:00:00Z') }
    expect(guardPlan(invitations(2), later).go.map(({ item }) => item?.notify)).toEqual(['all', 'all'])
  })

  it('B-43: sends none of too many invitations to people outside before a person agrees', () => {
    expect(guardPlan(invitations(10), context).go).toHaveLength(10)
    const guarded = guardPlan(invitations(11), context)
    expect([guarded.go.length, guarded.held.length]).toEqual([0, 11])
    expect(guarded.questions).toMatchObject([{ kind: 'invitations', extent: 11 }])
    expect(guardPlan(invitations(11), { ...context, isInside: () => true }).held).toEqual([])
    const hushed = guardPlan(invitations(11), { ...context, answers: { invitations: 'no' } })
    expect(hushed.go.every(({ item }) => item?.notify === 'none')).toBe(true)
  })

  it('B-43: asks nothing where marks and categories alone are written, though the mail server cannot keep silent', () => {
    const loud = { ...context, can: { ...context.can, notify: ['all'] as const } }
    const crowd = Array.from({ length: 50 }, (_, index) => {
      return { address: `guest${index}@crowd.example`, role: 'required' as const, answer: 'none' as const }
    })
    const tracked = decided({ item: meeting({}, { attendees: crowd }), tracked: true }, loud) as Deed
    expect(tracked).toMatchObject({ record: { do: 'create' }, item: { do: 'update', notify: 'all' } })
    expect(guardPlan([tracked], loud)).toMatchObject({ go: [tracked], held: [], questions: [] })
    const patch = { kind: 'event', set: { location: 'Stadium' } } as const
    const told = { ...tracked, item: { do: 'update', patch, notify: 'all' } } as Deed
    expect(guardPlan([told], loud)).toMatchObject({ go: [], questions: [{ kind: 'invitations', extent: 50 }] })
    const invited = { ...told, pairing: { item: meeting({ role: 'attendee' }, { attendees: crowd }) } }
    expect(guardPlan([invited], loud).go).toHaveLength(1)
  })

  it('B-44: takes nothing for deleted that an empty or failed listing does not show', () => {
    const link = linkOf(appointment(), meeting(), context)
    const deed = decided({ link, record: appointment(), item: 'gone' }, context) as Deed
    const listed = (how: 'listed' | 'empty' | 'failed') =>
      guardPlan([deed], { ...context, listings: new Map([['calendar', how]]) })
    expect(listed('listed').go).toHaveLength(1)
    expect(listed('failed')).toMatchObject({ go: [], questions: [] })
    expect(listed('empty')).toMatchObject({ go: [], questions: [{ kind: 'deleteBrake', extent: 1 }] })
  })

  it('B-44, B-14: asks about what was not found again; a yes deletes it, a no unlinks it', () => {
    const { folder: _folder, itemId: _item, ...link } = linkOf(appointment(), meeting(), context)
    const deed = decided({ link, record: appointment(), item: 'gone' }, context) as Deed
    expect(guardPlan([deed], context)).toMatchObject({ go: [], questions: [{ kind: 'deleteBrake', extent: 1 }] })
    const answered = (deleteBrake: { upTo: number } | 'no') =>
      guardPlan([deed], { ...context, answers: { deleteBrake } })
    expect(answered({ upTo: 1 })).toMatchObject({ go: [deed], questions: [] })
    const [kept] = answered('no').go
    expect(kept).toMatchObject({ link: { state: 'deleted' } })
    expect(kept).not.toHaveProperty('record')
  })

  it('MO-18: passes on what is asked about single items', () => {
    const asking = decided({ record: contact(1), filters: FILTERS, ambiguous: 2 }, context) as Deed
    expect(guardPlan([asking], context).questions).toMatchObject([{ kind: 'duplicate' }])
  })
})

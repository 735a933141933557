import { describe, expect, it } from 'vitest'
import { explainDecision, reasons } from '../../../src/sync/incoming/decide/index.ts'
import { ACCEPT, type ReasonCode } from '../../../src/sync/incoming/model.ts'
import { world } from './world.ts'

const anna = 'anna@contoso.example'

describe('reasons in the words of people', () => {
  it.each(Object.keys(reasons) as ReasonCode[])('MO-77: %s has a title, a cause and what to do', (reason) => {
    const { title, cause, toDo, remedies } = reasons[reason]
    for (const text of [cause, toDo]) expect(text).toMatch(/^[A-Z].*\.$/)
    expect(title).toMatch(/^[A-Z].*[a-z]$/)
    expect(new Set(remedies.map((remedy) => remedy.kind)).size).toBe(remedies.length)
    // No jargon of the engine reaches a salesperson.
    expect([title, cause, toDo].join(' ')).not.toMatch(/\b(correlat|header|null|undefined|NoCorrelationMatch|T-\d)/i)
  })

  it('B-22: a message that nobody accepts offers the four remedies, and tells whose rule said what', () => {
    const w = world()
    const user = w.user('Anna')
    w.user('Ben', { acceptance: ACCEPT.leadsContactsAccounts })
    const decision = w.decide(w.message({ to: [anna, 'ben@contoso.example'] }), user)
    const { title, text, remedies } = explainDecision(decision)
    expect(title).toMatch(/^Not tracked/)
    expect(text).toContain('Anna accepts replies to tracked email: this is not one.')
    expect(text).toContain('Ben accepts email of leads, contacts and accounts: this is not one.')
    expect(remedies.map((remedy) => remedy.kind)).toEqual(
      expect.arrayContaining(['trackTo', 'alwaysTrackSender', 'neverTrackSender', 'neverTrackDomain', 'changeMyRule']),
    )
  })

  it('MO-93: a tracked message tells who accepted it, what it continues, what it regards and who owns it', () => {
    const w = world()
    const user = w.user('Anna')
    const email = w.email({ regarding: { table: 'account', id: 'a1' }, owner: user.reference })
    const { text } = explainDecision(w.decide(w.message({ to: [anna], inReplyTo: email.key }), user))
    expect(text).toContain('Accepted by the rule of Anna.')
    expect(text).toContain('It answers a tracked email.')
    expect(text).toContain('It regards what the email before it regards.')
    expect(text).toContain('It belongs to the owner of the email it continues.')
  })

  it('MO-24: a wrongly forwarded message names what was wrong', () => {
    const w = world()
    const decision = w.decide(w.message({ forward: { attached: false } }), w.user('Anna'))
    expect(explainDecision(decision).text).toContain('The forwarded copy is not an attachment.')
  })

  it('MO-21: who was not approved is named', () => {
    const w = world()
    const user = w.user('Anna', { processes: false })
    expect(explainDecision(w.decide(w.message({ to: [anna] }), user)).text).toContain(
      'The mailbox of Anna is not approved',
    )
  })

  it('B-51: a suggestion on a tracked message can be accepted', () => {
    const suggestion = { regarding: { table: 'account', id: 'a1' }, emailId: 'e1', because: 'It looks alike' }
    const { remedies } = explainDecision({ reason: 'AutomaticAll', trace: [], suggestion })
    expect(remedies[0]?.kind).toBe('acceptSuggestion')
  })
})

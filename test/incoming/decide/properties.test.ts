import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, decidePage, type PageItem, questionsOf, reasons } from '../../../src/sync/incoming/decide/index.ts'
import type { Decision, Knowledge } from '../../../src/sync/incoming/model.ts'
import { build, sketches } from './randomWorld.ts'
import type { World } from './world.ts'

interface Case {
  w: World
  item: PageItem
  knowledge: Knowledge
  decision: Decision
}

/** Holds for every message of every world, on its own. */
function always(rule: (one: Case) => void): void {
  fc.assert(
    fc.property(sketches, (sketch) => {
      const { w, processing, items } = build(sketch)
      const knowledge = w.knowledge(processing)
      for (const item of items) rule({ w, item, knowledge, decision: decide(item.message, item.trigger, knowledge) })
    }),
    { numRuns: 400 },
  )
}

describe('every decision', () => {
  it('B-20, B-31: is the same again for the same world', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const decided = [1, 2].map(() => {
          const { w, processing, items } = build(sketch)
          return decidePage(items, w.knowledge(processing))
        })
        expect(decided[0]).toEqual(decided[1])
      }),
      { numRuns: 200 },
    )
  })

  it('B-20, T-105: has a trace and one reason that has a text', () => {
    always(({ decision }) => {
      expect(decision.trace.length).toBeGreaterThan(0)
      expect(reasons[decision.reason]).toBeDefined()
      for (const step of decision.trace) expect(step.says).not.toBe('')
    })
  })

  it('B-20, B-21: has no address, subject or message id in its trace', () => {
    always(({ decision }) => {
      const told = JSON.stringify([decision.trace, decision.suggestion])
      expect(told).not.toMatch(/@|Quarterly|secret|message-\d/)
    })
  })

  it('B-80: of a blocked message is without plan, link, suggestion and subject', () => {
    always(({ decision }) => {
      const { plan, link, suggestion, keepSubject } = decision
      const isBlocked = decision.reason === 'Blocked'
      expect(keepSubject).toBe(!isBlocked)
      expect(isBlocked && (plan !== undefined || link !== undefined || suggestion !== undefined)).toBe(false)
    })
  })

  it('has a plan exactly when tracked, a link exactly when linked', () => {
    always(({ decision }) => {
      expect(decision.plan !== undefined).toBe(decision.outcome === 'tracked')
      expect(decision.link !== undefined).toBe(decision.outcome === 'linked')
    })
  })

  it('T-86, T-94: marks agree with the outcome', () => {
    always(({ decision, item }) => {
      const { add, remove } = decision.marks
      expect(add.filter((mark) => remove.includes(mark))).toEqual([])
      expect(!add.includes('tracked') || ['tracked', 'linked'].includes(decision.outcome)).toBe(true)
      expect(!remove.includes('tracked') || item.trigger.kind === 'category').toBe(true)
      expect(add).not.toContain('undeliverable')
    })
  })
})

const planned = (rule: (plan: NonNullable<Decision['plan']>, one: Case) => void) =>
  always((one) => one.decision.plan && rule(one.decision.plan, one))

describe('every plan', () => {
  it('T-80, T-82: has an owner, who is a party', () => {
    planned((plan) => {
      expect(plan.owner.id).not.toBe('')
      expect(plan.parties.filter((party) => party.role === 'owner').map((party) => party.record)).toEqual([plan.owner])
    })
  })

  it('T-67: names no disabled user', () => {
    planned((plan, { knowledge, item }) => {
      const { from, to, cc } = item.message.headers
      const disabled = [...from, ...to, ...cc]
        .flatMap((one) => knowledge.matches(one.address.toLowerCase()))
        .filter((match) => match.table === 'systemuser' && !match.active)
        .map((match) => match.id)
      const addressed = plan.parties.filter((party) => party.address !== '')
      for (const party of addressed) expect(disabled).not.toContain(party.record?.id)
    })
  })

  it('T-63: has exactly one sender', () => {
    planned((plan) => expect(plan.parties.filter((party) => party.role === 'from')).toHaveLength(1))
  })

  it('T-22: has an accepting entity exactly when tracked automatically, and that one accepts', () => {
    planned((plan, { knowledge }) => {
      expect(plan.acceptingEntity !== undefined).toBe(plan.trigger === 'automatic')
      const actor = plan.acceptingEntity && knowledge.actor(plan.acceptingEntity)
      expect(actor === undefined || (actor.processes && actor.acceptance !== 4)).toBe(true)
    })
  })

  it('T-83: names no queue twice', () => {
    planned((plan) => expect(new Set(plan.queues).size).toBe(plan.queues.length))
  })

  it('T-75: creates a person only for a sender nobody knows', () => {
    planned((plan, { knowledge }) => {
      if (!plan.autoCreate) return
      expect(knowledge.matches(plan.autoCreate.address.toLowerCase())).toEqual([])
      expect(plan.parties[0]?.record).toEqual({ table: plan.autoCreate.table, id: plan.autoCreate.id })
    })
  })

  it('T-48: has a parent only by In-Reply-To and conversation index, and is never its own', () => {
    planned((plan) => {
      expect(plan.parentEmailId !== undefined).toBe([3, 5].includes(plan.correlationMethod))
      expect(plan.correlation?.email.key).not.toBe(plan.key)
      expect(plan.correlation?.email.untracked ?? false).toBe(false)
    })
  })
})

describe('a page', () => {
  it('decides as if every decision were carried out before the next', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const together = build(sketch)
        const decided = decidePage(together.items, together.w.knowledge(together.processing))
        const apart = build(sketch)
        for (const [index, { message, trigger }] of apart.items.entries()) {
          const decision = decide(message, trigger, apart.w.knowledge(apart.processing))
          expect(decided[index]).toEqual(decision)
          apart.w.commit(message, trigger, decision)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('law 1: decides the same whether the page before it is stored already or still being saved', () => {
    fc.assert(
      fc.property(sketches, fc.nat(), (sketch, at) => {
        const { w, processing, items } = build(sketch)
        const whole = decidePage(items, w.knowledge(processing))
        const cut = items.length ? at % items.length : 0
        const past = items.slice(0, cut).map(({ message, trigger }, index) => {
          return { message, trigger: trigger.kind, decision: whole[index] as Decision }
        })
        const rest = items.slice(cut)
        expect(decidePage(rest, w.knowledge(processing), past)).toEqual(whole.slice(cut))
        for (const [index, { message, trigger }] of items.slice(0, cut).entries())
          w.commit(message, trigger, whole[index] as Decision)
        expect(decidePage(rest, w.knowledge(processing), past)).toEqual(whole.slice(cut))
      }),
      { numRuns: 500 },
    )
  })

  it('B-60, T-89: makes at most one email of a message and direction, and one person of an address', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const { w, processing, items } = build(sketch)
        const plans = decidePage(items, w.knowledge(processing)).flatMap((decision) => decision.plan ?? [])
        const emails = plans.map((plan) => `${plan.direction} ${plan.key}`)
        expect(new Set(emails).size).toBe(emails.length)
        const people = plans.flatMap((plan) => plan.autoCreate?.address.toLowerCase() ?? [])
        expect(new Set(people).size).toBe(people.length)
      }),
      { numRuns: 300 },
    )
  })

  it('leaves the knowledge it was given as it was', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const { w, processing, items } = build(sketch)
        const before = structuredClone(w.emails)
        decidePage(items, w.knowledge(processing))
        expect(w.emails).toEqual(before)
      }),
      { numRuns: 100 },
    )
  })

  it('asks only what can be gathered for the page beforehand', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const { w, processing, items } = build(sketch)
        const knowledge = w.knowledge(processing)
        const messages = items.map((item) => item.message)
        const questions = questionsOf(messages, knowledge.settings)
        decidePage(items, {
          ...knowledge,
          matches: (address) => (expect(questions.addresses).toContain(address), knowledge.matches(address)),
          emailByKey: (key, direction) => (expect(questions.keys).toContain(key), knowledge.emailByKey(key, direction)),
          emailsByMessageId: (id) => (expect(questions.keys).toContain(id), knowledge.emailsByMessageId(id)),
          emailsByToken: (token) => (expect(questions.tokens).toContain(token), knowledge.emailsByToken(token)),
          emailsByThreadHash: (hash) => (
            expect(questions.threadHashes).toContain(hash), knowledge.emailsByThreadHash(hash)
          ),
          emailsBySubjectHash: (hashes) => (
            expect(questions.subjects).toContainEqual(hashes), knowledge.emailsBySubjectHash(hashes)
          ),
        })
      }),
      { numRuns: 200 },
    )
  })
})

describe('the random worlds', () => {
  it('meet every outcome and most reasons, so that the properties above say something', () => {
    const met = new Map<string, number>()
    const seen = fc.sample(sketches, { numRuns: 6000, seed: 7 })
    for (const sketch of seen) {
      const { w, processing, items } = build(sketch)
      for (const decision of decidePage(items, w.knowledge(processing)))
        for (const name of [decision.outcome, decision.reason, decision.plan?.autoCreate ? 'created' : ''])
          met.set(name, (met.get(name) ?? 0) + 1)
    }
    const expected = `tracked linked notTracked ignored created AutomaticAll AutomaticReply AutomaticKnownSender
      AutomaticEmailEnabled AutomaticSentItem AutomaticInternal ManualCategory ManualFolder ManualApi
      Duplicate NoCorrelationMatch NoRecipientMatch InvalidSender InternalEmail NoEligibleOwner
      PrivilegeDenied ThreadStopped Blocked FolderNotSearched NotAMessage`.split(/\s+/)
    expect(expected.filter((name) => (met.get(name) ?? 0) < 2)).toEqual([])
  })
})

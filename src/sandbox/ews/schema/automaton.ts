import { complexTypeOf } from './grammar.ts'
import type { Particle } from './notation.ts'

/** A place in a type's content where an element may stand, and the places that may follow it. */
export interface Position {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly next: Set<Position>
}

export interface Automaton {
  readonly first: ReadonlySet<Position>
  /** Places after which the content may end. */
  readonly last: ReadonlySet<Position>
  readonly mayBeEmpty: boolean
}

const made = new Map<string, Automaton>()

/** The content of a type as an automaton of its positions (Glushkov): deterministic, as schemas have to be. */
export function automatonOf(typeName: string): Automaton {
  const known = made.get(typeName)
  if (known) return known
  const automaton = positionsOf(typeName)
  made.set(typeName, automaton)
  return automaton
}

const EMPTY: Automaton = { first: new Set(), last: new Set(), mayBeEmpty: true }

/** Positions of a base are its own for every type that extends it: what follows them differs. */
function positionsOf(typeName: string): Automaton {
  const type = complexTypeOf(typeName)
  if (!type) return EMPTY
  const own = build(type.content)
  return type.base ? follow(positionsOf(type.base), own) : own
}

function build(particle: Particle): Automaton {
  const once = buildOnce(particle)
  if (particle.repeated) link(once.last, once.first)
  return particle.optional ? { ...once, mayBeEmpty: true } : once
}

function buildOnce(particle: Particle): Automaton {
  if (particle.kind === 'element') {
    const { namespace, name, type } = particle
    const position: Position = { namespace, name, type, next: new Set() }
    return { first: new Set([position]), last: new Set([position]), mayBeEmpty: false }
  }
  const parts = particle.parts.map(build)
  return particle.kind === 'sequence' ? parts.reduce(follow, EMPTY) : parts.reduce(either, NOTHING)
}

const NOTHING: Automaton = { first: new Set(), last: new Set(), mayBeEmpty: false }

function follow(one: Automaton, two: Automaton): Automaton {
  link(one.last, two.first)
  return {
    first: one.mayBeEmpty ? new Set([...one.first, ...two.first]) : one.first,
    last: two.mayBeEmpty ? new Set([...one.last, ...two.last]) : two.last,
    mayBeEmpty: one.mayBeEmpty && two.mayBeEmpty,
  }
}

function either(one: Automaton, two: Automaton): Automaton {
  return {
    first: new Set([...one.first, ...two.first]),
    last: new Set([...one.last, ...two.last]),
    mayBeEmpty: one.mayBeEmpty || two.mayBeEmpty,
  }
}

function link(from: ReadonlySet<Position>, to: ReadonlySet<Position>): void {
  for (const position of from) for (const next of to) position.next.add(next)
}

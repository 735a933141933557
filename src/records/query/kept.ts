import type { CompiledQuery, RawBuilder } from 'kysely'
import { type Executor, runCompiled } from '#database'
import type { Condition, Filter, Link, Query, Value } from '../query.ts'
import type { ResultRow } from './compile.ts'
import { bind, type Given } from './late.ts'
import { checkValues } from './limits.ts'
import { formOf } from './paging.ts'

/** Statements kept at once; those that were compiled longest ago go first. */
const MOST = 2_000

/** Up to so many values of a condition, their number makes a difference. */
const DIFFERENT = 3

/** A statement, and how its rows are read for the question that is asked this time. */
export interface Readable<R> {
  statement: RawBuilder<ResultRow>
  read: (rows: readonly ResultRow[], given: Given) => R
}

/** What a statement's text depends on besides the question: compared by identity, or as text. */
export type Setting = readonly (object | string | undefined)[]

/**
 * The statements of questions that come again and again, alike but for their values. What they depend on (catalogue,
 * rights) are objects that never change: others take their place, and the statements made for them are asked no more.
 */
export class KeptStatements {
  readonly #kept = new Map<string, { compiled: CompiledQuery<ResultRow>; read: Readable<unknown>['read'] }>()
  readonly #numbers = new WeakMap<object, number>()
  #next = 0

  /**
   * The rows' answer to a question. `make` compiles it the first time: with the places of its conditions, whose values
   * are made late.
   * @throws RecordError what is wrong with the question, and what `make` throws.
   */
  async ask<R>(
    executor: Executor,
    { setting, given }: { setting: Setting; given: Omit<Given, 'values'> },
    make: (query: Query, slots: ReadonlyMap<Condition, number>) => Readable<R>,
  ): Promise<R> {
    const { text, values } = formOfQuery(given.asked)
    const key = [...setting.map((each) => this.#nameOf(each)), text].join(' ')
    let found = this.#kept.get(key)
    if (found) checkValues(values)
    else this.#keep(key, (found = compile(executor, make, given.asked)))
    const whole: Given = { ...given, values }
    const parameters = bind(found.compiled.parameters, whole)
    const { rows } = await runCompiled<ResultRow>(executor, { ...found.compiled, parameters })
    return found.read(rows, whole) as R
  }

  #keep(key: string, statement: { compiled: CompiledQuery<ResultRow>; read: Readable<unknown>['read'] }): void {
    if (this.#kept.size >= MOST) this.#kept.delete(this.#kept.keys().next().value as string)
    this.#kept.set(key, statement)
  }

  #nameOf(each: object | string | undefined): string {
    if (typeof each !== 'object') return each ?? ''
    const known = this.#numbers.get(each)
    if (known !== undefined) return String(known)
    this.#numbers.set(each, ++this.#next)
    return String(this.#next)
  }
}

function compile<R>(
  executor: Executor,
  make: (query: Query, slots: ReadonlyMap<Condition, number>) => Readable<R>,
  asked: Query,
): { compiled: CompiledQuery<ResultRow>; read: Readable<R>['read'] } {
  const { query, slots } = withSlots(asked)
  const { statement, read } = make(query, slots)
  return { compiled: statement.compile(executor), read }
}

/** A question without its values, as text, and the values of its conditions in their order. */
function formOfQuery(query: Query): { text: string; values: (readonly Value[])[] } {
  const values: (readonly Value[])[] = []
  const bare = withConditions(query, (condition) => {
    values.push(condition.values)
    return { ...condition, values: [Math.min(condition.values.length, DIFFERENT)] }
  })
  // What is expanded are questions of their own.
  const after = query.after === undefined ? undefined : formOf(query.after)
  return { text: JSON.stringify({ ...bare, after, expand: undefined }), values }
}

/** The question with conditions of its own, each of which has a place among the values. */
function withSlots(query: Query): { query: Query; slots: ReadonlyMap<Condition, number> } {
  const slots = new Map<Condition, number>()
  const own = withConditions(query, (condition) => {
    const copy = { ...condition }
    slots.set(copy, slots.size)
    return copy
  })
  return { query: own, slots }
}

type Change = (condition: Condition) => Condition

function withConditions(asked: Query, change: Change): Query {
  const { filter, links } = asked
  return {
    ...asked,
    ...(filter ? { filter: inFilter(filter, change) } : {}),
    ...(links ? { links: links.map((link) => inLink(link, change)) } : {}),
  }
}

function inFilter(filter: Filter, change: Change): Filter {
  const items = filter.items.map((item) => {
    if (item.kind === 'condition') return change(item)
    return item.kind === 'filter' ? inFilter(item, change) : inLink(item, change)
  })
  return { ...filter, items }
}

function inLink(link: Link, change: Change): Link {
  const filter = link.filter && inFilter(link.filter, change)
  const links = link.links?.map((each) => inLink(each, change))
  return { ...link, ...(filter ? { filter } : {}), ...(links ? { links } : {}) }
}

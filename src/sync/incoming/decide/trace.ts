import type { AddressMatch, Reference } from '#records'
import type { TraceStep } from '../model.ts'

/**
 * One rule asked (B-20). `inputs` holds ids, names of records and settings only: never an address, a subject or any
 * other content of the message (B-21).
 */
export function step(
  rule: string,
  result: TraceStep['result'],
  says: string,
  inputs?: Record<string, unknown>,
): TraceStep {
  return inputs === undefined ? { rule, says, result } : { rule, says, result, with: inputs }
}

/** Whether two messages were decided by the same steps. Asked of every message, so the texts are compared first. */
export function sameTrace(one: readonly TraceStep[], other: readonly TraceStep[]): boolean {
  return one.length === other.length && one.every((step, index) => sameStep(step, other[index] as TraceStep))
}

function sameStep(one: TraceStep, other: TraceStep): boolean {
  return (
    one.rule === other.rule && one.says === other.says && one.result === other.result && sameValue(one.with, other.with)
  )
}

/** Of values as JSON has them. */
function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  const names = Object.keys(one)
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>]
  return names.length === Object.keys(other).length && names.every((name) => sameValue(a[name], b[name]))
}

export function sameRecord(a: Reference | undefined, b: Reference | undefined): boolean {
  return a !== undefined && b !== undefined && a.table === b.table && a.id === b.id
}

export function referenceOf(match: AddressMatch): Reference {
  return { table: match.table, id: match.id }
}

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

export function sameRecord(a: Reference | undefined, b: Reference | undefined): boolean {
  return a !== undefined && b !== undefined && a.table === b.table && a.id === b.id
}

export function referenceOf(match: AddressMatch): Reference {
  return { table: match.table, id: match.id }
}

import type { Finding } from '../model.ts'

/** The rules asked about a pairing, in order, each with what it found (B-20). */
export class Trace {
  readonly findings: Finding[] = []

  note(rule: string, finding: string): void {
    this.findings.push({ rule, finding })
  }
}

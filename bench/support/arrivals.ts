import { sql } from 'kysely'
import type { Regarding } from '#sync'
import { systemClock } from '#time'
import { quantile } from '../statistics.ts'
import { OWNER_ADDRESS } from './corpus.ts'

const LONGEST = 30_000

export function letter(messageId: string): Buffer {
  const lines = [
    'From: Nina Vogt <nina@contoso.example>',
    `To: ${OWNER_ADDRESS}`,
    `Subject: ${messageId}`,
    `Message-ID: ${messageId}`,
    `Date: ${new Date().toUTCString()}`,
    '',
    'Good morning',
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

/** The moment at which the record is there. */
export async function untilStored(regarding: Regarding, messageId: string): Promise<number> {
  const end = performance.now() + LONGEST
  while (performance.now() < end) {
    const { rows } = await sql`select from email where messageid = ${messageId}`.execute(regarding.database.sql)
    if (rows.length) return performance.now()
    await systemClock.sleep(5)
  }
  throw new Error(`The message ${messageId} was not stored within ${LONGEST / 1000} s.`)
}

/** Of milliseconds: `p50 … ms, p95 … ms, p99 … ms`. */
export function percentiles(milliseconds: readonly number[]): string {
  return [50, 95, 99].map((share) => `p${share} ${Math.round(quantile(milliseconds, share / 100))} ms`).join(', ')
}

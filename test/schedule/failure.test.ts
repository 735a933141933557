import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MailboxError, type MailboxErrorKind } from '#mailbox'
import { afterFailure, type CycleOutcome, cycleErrorOf, type Lease, MAXIMUM_ATTEMPTS, settle } from '#schedule'

const MINUTE = 60_000
const KINDS: MailboxErrorKind[] = [
  'transient',
  'throttled',
  'permanent',
  'denied',
  'cursorLost',
  'notFound',
  'conflict',
  'full',
  'tooLarge',
  'unsupported',
]
const errorOf = (kind: MailboxErrorKind, code = 'ServiceUnavailable') => ({ kind, code, scope: 'mailbox' as const })

describe('afterFailure', () => {
  test.each(['permanent', 'denied', 'unsupported'] as const)('SC-51: %s disables at the first attempt', (kind) => {
    expect(afterFailure(errorOf(kind), 0).permanent).toBe(true)
  })

  test.each([
    ['notFound', 'MailboxNotFound', true],
    ['notFound', 'FolderNotFound', false],
    ['full', 'ErrorQuotaExceeded', true],
    ['full', 'ErrorSubmissionQuotaExceeded', false],
    ['throttled', 'ErrorSubmissionQuotaExceeded', false],
    ['conflict', 'ErrorInternalServerTransientError', false],
    ['cursorLost', 'CursorLost', false],
    ['transient', 'Timeout', false],
  ] as const)('SC-55: %s %s is permanent: %s', (kind, code, permanent) => {
    expect(afterFailure(errorOf(kind, code), 0).permanent).toBe(permanent)
  })

  test('SC-52: ten transient failures in a row, five minutes apart; the tenth is permanent', () => {
    let transient = 0
    const history = Array.from({ length: MAXIMUM_ATTEMPTS }, () => {
      const failure = afterFailure(errorOf('transient'), transient)
      transient = failure.transient
      return failure
    })
    expect(history.map((failure) => failure.permanent)).toEqual([...Array(9).fill(false), true])
    expect(history.map((failure) => failure.wait)).toEqual(Array(10).fill(5 * MINUTE))
    expect(transient).toBe(10)
  })

  test('SC-42: never before the server says, never sooner than five minutes, never later than a day', () => {
    fc.assert(
      fc.property(fc.nat(3 * 24 * 60 * MINUTE), fc.nat(8), (retryAfter, before) => {
        const failure = afterFailure({ ...errorOf('throttled'), retryAfter }, before)
        expect(failure.wait).toBeGreaterThanOrEqual(Math.min(retryAfter, 24 * 60 * MINUTE))
        expect(failure.wait).toBeGreaterThanOrEqual(5 * MINUTE)
        expect(failure.wait).toBeLessThanOrEqual(24 * 60 * MINUTE)
        expect(failure).toMatchObject({ permanent: false, transient: before + 1 })
      }),
    )
    expect(afterFailure(errorOf('throttled'), 0).wait).toBe(5 * MINUTE)
  })

  test('SC-56: an error of one item never disables, whatever its kind and however often', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.nat(50), (kind, before) => {
        const failure = afterFailure({ ...errorOf(kind), scope: 'item' }, before)
        expect(failure).toMatchObject({ permanent: false, transient: before })
      }),
    )
  })

  test('SC-54: mailbox and server errors are counted alike, per mailbox', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.nat(20), (kind, before) => {
        const server = afterFailure({ ...errorOf(kind), scope: 'server' }, before)
        expect(server).toEqual(afterFailure(errorOf(kind), before))
      }),
    )
  })
})

describe('cycleErrorOf', () => {
  test('SC-50: keeps kind, code, scope and the time to wait of a mailbox error', () => {
    const error = new MailboxError('throttled', 'ServiceUnavailable', 'busy', { scope: 'server', retryAfter: 9000 })
    expect(cycleErrorOf(error)).toEqual({
      kind: 'throttled',
      code: 'ServiceUnavailable',
      text: 'busy',
      scope: 'server',
      retryAfter: 9000,
    })
  })

  test('SC-55: anything else thrown is transient', () => {
    expect(cycleErrorOf(new TypeError('x is undefined'))).toMatchObject({ kind: 'transient', text: 'x is undefined' })
    expect(cycleErrorOf('odd')).toMatchObject({ kind: 'transient', text: 'odd' })
    expect(cycleErrorOf(Object.assign(new Error('x'), { code: '42P01' }))).toMatchObject({ code: 'UnexpectedError' })
  })

  test.each([{ code: '53100' }, { code: '57P02' }, { code: 'ENOSPC', syscall: 'write' }])(
    'SC-55, MO-48: %o is a failure of the store, which people know how to look after',
    (given) => {
      const error = Object.assign(new Error('no space left on device'), given)
      expect(cycleErrorOf(error)).toMatchObject({
        kind: 'transient',
        code: 'DatabaseTransientError',
        text: 'The store failed: no space left on device',
      })
    },
  )
})

describe('settle', () => {
  const end = new Date('2026-01-05T10:00:00Z')
  const settings = { incomingIntervalMode: 'adaptive' } as const
  const lease: Lease = {
    mailboxId: '00000000-0000-7000-8000-000000000001',
    workload: 'incoming',
    lane: 0,
    owner: 'worker',
    fence: 1,
    startedAt: new Date(end.getTime() - 30_000),
    history: { empty: 3, transient: 4, announcement: { found: 0, missed: 0 } },
    minimumPollingMinutes: 0,
    besideIncoming: false,
  }
  const outcome: CycleOutcome = { seen: 0, more: false, processed: 0, failed: 0 }

  test('SC-3, SC-53: due counts from the end; success forgets transient failures', () => {
    const settlement = settle(lease, outcome, end, settings)
    expect(settlement.nextDue).toEqual(new Date(end.getTime() + 9 * MINUTE))
    expect(settlement.history).toMatchObject({ empty: 4, transient: 0 })
    expect(settlement.lane).toBe(1)
    expect(settlement.stop).toBeUndefined()
  })

  test('SC-52: a failed cycle keeps the empty count and may not run before its back-off', () => {
    const settlement = settle(lease, { ...outcome, error: { ...errorOf('transient'), text: '' } }, end, settings)
    expect(settlement.history).toMatchObject({ empty: 3, transient: 5 })
    expect(settlement.notBefore).toEqual(new Date(end.getTime() + 5 * MINUTE))
    expect(settlement.stop).toBeUndefined()
  })

  test('SC-51: a permanent failure stops the workload', () => {
    const error = { ...errorOf('denied', 'CredentialsIncorrect'), text: '401' }
    expect(settle(lease, { ...outcome, error }, end, settings).stop).toBe('error')
  })

  test('B-90: a backfill that is done stops; one that is not goes to the back of the last lane', () => {
    const backfill = { ...lease, workload: 'backfill' as const }
    expect(settle(backfill, outcome, end, settings).stop).toBe('done')
    expect(settle(backfill, { ...outcome, more: true }, end, settings)).toMatchObject({ nextDue: end, lane: 2 })
  })

  test('B-12: what no hint announced brings the 2-minute bound, until hints are good again', () => {
    const watched = { ...lease, watchedSince: new Date(0) }
    const found = (seen: number, unannounced: number, before: Lease) =>
      settle(before, { ...outcome, seen, unannounced }, end, settings)
    const bad = found(10, 1, watched)
    expect(bad.interval).toBe(2 * MINUTE)
    const recovered = found(95, 0, { ...watched, history: bad.history })
    expect(recovered.history.announcement).toEqual({ found: 105, missed: 1 })
    const quiet = settle({ ...watched, history: recovered.history }, { ...outcome, unannounced: 0 }, end, settings)
    expect(quiet.interval).toBe(5 * MINUTE)
    const unwatched = settle({ ...lease, history: bad.history }, outcome, end, settings)
    expect(unwatched.interval).toBe(5 * MINUTE)
  })
})

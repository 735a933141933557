import { z } from 'zod'
import type { Fault, FaultRule } from '../model/index.ts'

const milliseconds = z.number().min(0).max(600_000)
const seconds = z.number().int().min(0).max(86_400).optional()

const fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['slow', 'notificationLate']), milliseconds }),
  z.strictObject({ kind: z.enum(['throttled', 'unavailable']), retryAfter: seconds }),
  z.strictObject({ kind: z.literal('serverBusy'), backOff: milliseconds }),
  z.strictObject({
    kind: z.literal('error'),
    status: z.number().int().min(400).max(599),
    code: z.string(),
    message: z.string().optional(),
  }),
  z.strictObject({
    kind: z.enum(['unauthorized', 'cutBefore', 'cutAfter', 'cursorLost', 'notificationLost', 'notificationDoubled']),
  }),
])

/** A rule as JSON; `"times": "always"` until the faults are cleared. */
export const faultRuleSchema = z
  .strictObject({
    fault,
    mailbox: z.string().optional(),
    face: z.enum(['graph', 'ews', 'smtp', 'login']).optional(),
    operation: z.string().optional(),
    about: z.string().min(1).optional(),
    nth: z.number().int().min(1).optional(),
    times: z.union([z.number().int().min(1), z.literal('always')]).optional(),
  })
  .transform(({ times, ...rule }): FaultRule => {
    const given = Object.entries({ ...rule, times: times === 'always' ? Number.POSITIVE_INFINITY : times })
    const there = given.filter(([, value]) => value !== undefined)
    return { ...(Object.fromEntries(there) as Omit<FaultRule, 'fault'>), fault: rule.fault as Fault }
  })

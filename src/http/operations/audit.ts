import { z } from 'zod'
import { id, instant, reference, text } from '../fields.ts'
import { operation } from './operation.ts'
import { readReference } from './references.ts'

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const paging = z.object({ PageNumber: z.int().min(1).max(1000).default(1), Count: z.int().min(1).max(500).default(50) })

const detail = z.object({
  AuditRecord: z.object({
    auditid: id,
    createdon: instant,
    operation: z.int(),
    action: z.int(),
    _userid_value: id,
    _callinguserid_value: id.nullable(),
    attributemask: z.string(),
  }),
  OldValue: z.record(z.string(), value),
  NewValue: z.record(z.string(), value),
})

const retrieveRecordChangeHistory = operation({
  name: 'RetrieveRecordChangeHistory',
  kind: 'function',
  says: 'Who changed a record, when, what, and on whose behalf, newest first; columns that the caller may not read are left out (B-83).',
  input: z.strictObject({ Target: reference, PagingInfo: paging.optional() }),
  output: z.object({
    AuditDetailCollection: z.object({
      MoreRecords: z.boolean(),
      TotalRecordCount: z.int(),
      AuditDetails: z.array(detail),
    }),
  }),
  async run(call, { Target, PagingInfo }) {
    const { PageNumber = 1, Count = 50 } = PagingInfo ?? {}
    const page = { skip: (PageNumber - 1) * Count, top: Count }
    const found = await call.regarding.records.audit.history(call.principal, readReference(call, Target), page)
    return {
      AuditDetailCollection: {
        MoreRecords: found.more,
        TotalRecordCount: found.count,
        AuditDetails: found.details.map((each) => ({
          AuditRecord: {
            auditid: each.id,
            createdon: each.at.toISOString(),
            operation: each.operation,
            action: each.action,
            _userid_value: each.userId,
            _callinguserid_value: each.by ?? null,
            attributemask: each.columns.join(','),
          },
          OldValue: Object.fromEntries(each.changes.map(({ logicalName, oldValue }) => [logicalName, oldValue])),
          NewValue: Object.fromEntries(each.changes.map(({ logicalName, newValue }) => [logicalName, newValue])),
        })),
      },
    }
  },
})

const setAuditing = operation({
  name: 'SetAuditing',
  kind: 'action',
  says: 'Switches auditing of everything, a table or a column on or off; null gives back what is declared (isauditenabled, B-83).',
  input: z.strictObject({
    EntityLogicalName: text(100).optional(),
    AttributeLogicalName: text(100).optional(),
    IsAuditEnabled: z.boolean().nullable(),
  }),
  output: z.object({}),
  async run({ regarding, principal }, input) {
    await regarding.records.audit.set(principal, {
      enabled: input.IsAuditEnabled ?? undefined,
      ...(input.EntityLogicalName === undefined ? {} : { table: input.EntityLogicalName }),
      ...(input.AttributeLogicalName === undefined ? {} : { column: input.AttributeLogicalName }),
    })
    return {}
  },
})

export const auditOperations = [retrieveRecordChangeHistory, setAuditing]

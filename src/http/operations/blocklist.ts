import { z } from 'zod'
import { addBlockRule, blockRulesFor, removeBlockRule } from '#incoming'
import { id, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'

const scope = z.enum(['user', 'organization'])
const kind = z.enum(['address', 'domain', 'subject', 'sensitivity'])

const add = operation({
  name: 'AddBlockRule',
  kind: 'action',
  says: 'Never tracks messages of an address, domain, subject pattern or sensitivity (B-80).',
  input: z.strictObject({ Scope: scope.default('user'), Kind: kind, Pattern: text(320) }),
  output: z.object({ BlockRuleId: id }),
  async run({ regarding, principal }, input) {
    const rule = { scope: input.Scope, kind: input.Kind, pattern: input.Pattern }
    return { BlockRuleId: await addBlockRule(regarding, principal, rule) }
  },
})

const remove = operation({
  name: 'RemoveBlockRule',
  kind: 'action',
  says: 'Removes an entry of the blocklist (B-80).',
  input: z.strictObject({ BlockRuleId: id }),
  output: nothing,
  async run({ regarding, principal }, input) {
    await removeBlockRule(regarding, principal, input.BlockRuleId)
    return {}
  },
})

const retrieve = operation({
  name: 'RetrieveBlockRules',
  kind: 'function',
  says: 'The caller’s blocklist and the organization’s (B-80).',
  input: z.strictObject({}),
  output: z.object({ value: z.array(z.object({ BlockRuleId: id, Scope: scope, Kind: kind, Pattern: z.string() })) }),
  async run({ regarding, userId }) {
    const rules = await blockRulesFor(regarding.database.sql, userId)
    return {
      value: rules.map((rule) => ({
        BlockRuleId: rule.id,
        Scope: rule.scope,
        Kind: rule.kind,
        Pattern: rule.pattern,
      })),
    }
  },
})

export const blocklistOperations = [add, remove, retrieve]

import { z } from 'zod'
import { organizationSettings, personalOptions, type Setting, type Settings, WRITE_SETTINGS } from '#options'
import { RecordError } from '#records'
import type { Call } from '../api/call.ts'
import { id, text } from '../fields.ts'
import { nothing, operation } from './operation.ts'

const scope = z.enum(['personal', 'organization'])
const value = z.union([z.boolean(), z.number(), text(4000, 0), z.null()])
const MOST = 100

const option = z.object({
  Name: z.string(),
  Label: z.string(),
  Rule: z.string(),
  Type: z.enum(['boolean', 'integer', 'text', 'choice']),
  Value: value,
  Default: value,
  Minimum: z.number().optional(),
  Maximum: z.number().optional(),
  Choices: z.record(z.string(), z.number()).optional(),
  Tab: z.string().optional(),
})

const retrieveOptions = operation({
  name: 'RetrieveOptions',
  kind: 'function',
  says: 'Personal options or settings of the organization: values in force, bounds and choices (PO §2, OV §7).',
  input: z.strictObject({ Scope: scope, UserId: id.optional() }),
  output: z.object({ value: z.array(option) }),
  async run(call, input) {
    if (input.Scope === 'organization') return { value: show(organizationSettings, await organization(call)) }
    const user = input.UserId ?? call.userId
    await requireOwn(call, user)
    const values = (await call.regarding.options.personal([user])).get(user)
    return { value: show(personalOptions, values ?? {}) }
  },
})

const setOptions = operation({
  name: 'SetOptions',
  kind: 'action',
  says: 'Changes personal options or settings of the organization, all of them or none (PO-3, PO-6).',
  input: z.strictObject({
    Scope: scope,
    UserId: id.optional(),
    Values: z
      .record(text(100), value)
      .refine((given) => Object.keys(given).length <= MOST, `At most ${MOST} at once.`)
      .describe('By name; null for the default'),
  }),
  output: nothing,
  async run({ regarding, principal, userId }, input) {
    if (input.Scope === 'organization') await regarding.options.setOrganization(principal, input.Values)
    else await regarding.options.setPersonal(principal, input.UserId ?? userId, input.Values)
    return {}
  },
})

async function organization({ regarding, access }: Call): Promise<Settings> {
  if (!(await access.may('read', 'organization'))) throw denied('prvReadOrganization')
  return regarding.options.organization()
}

/** Options of others are an administrator's business. */
async function requireOwn({ access, userId }: Call, user: string): Promise<void> {
  if (user !== userId && !(await access.holds(WRITE_SETTINGS))) throw denied(WRITE_SETTINGS)
}

function denied(privilege: string): RecordError {
  return new RecordError('PrivilegeDenied', `Reading these options needs the privilege ${privilege}.`, { privilege })
}

function show(settings: readonly Setting[], values: Settings): z.input<typeof option>[] {
  return settings.map((setting) => ({
    Name: setting.name,
    Label: setting.label,
    Rule: setting.rule,
    Type: setting.type,
    Value: values[setting.name] ?? null,
    Default: setting.default,
    ...(setting.min === undefined ? {} : { Minimum: setting.min }),
    ...(setting.max === undefined ? {} : { Maximum: setting.max }),
    ...(setting.choices ? { Choices: { ...setting.choices } } : {}),
    ...(setting.tab ? { Tab: setting.tab } : {}),
  }))
}

export const optionOperations = [retrieveOptions, setOptions]

import { z } from 'zod'
import { type CustomChange, RecordError } from '#records'
import type { Call } from '../api/call.ts'
import { labelOf } from '../api/metadata/write/given.ts'
import { RequestError } from '../failure.ts'
import { text } from '../fields.ts'
import { nothing, operation } from './operation.ts'

/** Of a column, or of a global option set. */
const options = {
  OptionSetName: text(100).optional().describe('A global option set'),
  EntityLogicalName: text(100).optional(),
  AttributeLogicalName: text(100).optional(),
  Label: z.looseObject({}).describe('A Label of metadata'),
  SolutionUniqueName: text(200).optional(),
  MergeLabels: z.boolean().optional(),
}
type Given = z.output<z.ZodObject<typeof options>>
type Which = Omit<Given, 'Label' | 'MergeLabels'>

const value = z.int().min(0).max(999_999_999)

const insertOptionValue = operation({
  name: 'InsertOptionValue',
  kind: 'action',
  says: 'Adds an option to a choice column that was made through the API, or to a global option set.',
  input: z.strictObject({ ...options, Value: value.optional() }),
  output: z.object({ NewOptionValue: z.number() }),
  async run(call, input) {
    const known = knownOptions(call, input)
    const Value = input.Value ?? Math.max(99_999_999, ...Object.keys(known).map(Number)) + 1
    if (Object.hasOwn(known, Value))
      throw refused('Value', `The option ${Value} exists; change it by UpdateOptionValue.`)
    await change(call, input, { options: { ...known, [Value]: worded(input) } })
    return { NewOptionValue: Value }
  },
})

const updateOptionValue = operation({
  name: 'UpdateOptionValue',
  kind: 'action',
  says: 'Gives an option of a choice column that was made through the API, or of a global option set, other words.',
  input: z.strictObject({ ...options, Value: value }),
  output: nothing,
  silent: true,
  async run(call, input) {
    const known = knownOptions(call, input)
    if (!Object.hasOwn(known, input.Value)) throw refused('Value', `There is no option ${input.Value}.`)
    await change(call, input, { options: { ...known, [input.Value]: worded(input) } })
    return {}
  },
})

const { Label: _label, MergeLabels: _merge, ...which } = options

const deleteOptionValue = operation({
  name: 'DeleteOptionValue',
  kind: 'action',
  says: 'Takes away an option that no row holds, of a choice column that was made through the API or a global option set.',
  input: z.strictObject({ ...which, Value: value }),
  output: nothing,
  silent: true,
  async run(call, input) {
    const { [String(input.Value)]: gone, ...left } = knownOptions(call, input)
    if (gone === undefined) throw refused('Value', `There is no option ${input.Value}.`)
    await change(call, input, { options: left })
    return {}
  },
})

const orderOption = operation({
  name: 'OrderOption',
  kind: 'action',
  says: 'Puts the options of a choice column that was made through the API, or of a global option set, in an order.',
  input: z.strictObject({ ...which, Values: z.array(value).max(1000) }),
  output: nothing,
  silent: true,
  async run(call, input) {
    const known = Object.keys(knownOptions(call, input))
    const given = new Set(input.Values.map(String))
    const odd = known.find((code) => !given.has(code)) ?? [...given].find((code) => !known.includes(code))
    if (odd !== undefined || given.size !== input.Values.length)
      throw refused('Values', `Values names each option once${odd === undefined ? '' : `; look at ${odd}`}.`)
    await change(call, input, { order: input.Values })
    return {}
  },
})

const publishing = (name: string, input: z.ZodObject) =>
  operation({
    name,
    kind: 'action',
    says: 'Does nothing: what is declared holds at once, everywhere. For programs that publish.',
    input,
    output: nothing,
    silent: true,
    async run(call) {
      if (await call.access.holds('prvPublishCustomization')) return {}
      throw new RecordError('PrivilegeDenied', 'Publishing needs the privilege prvPublishCustomization.', {
        privilege: 'prvPublishCustomization',
      })
    },
  })

function knownOptions({ regarding }: Call, input: Which): Readonly<Record<string, string>> {
  const { catalogue } = regarding.records
  if (input.OptionSetName !== undefined) {
    const set = catalogue.optionSets.find(({ name }) => name === input.OptionSetName)
    if (set) return set.options
    throw refused('OptionSetName', `There is no global option set ${input.OptionSetName}.`)
  }
  const column = catalogue.table(input.EntityLogicalName ?? '').byName.get(input.AttributeLogicalName ?? '')
  if (column?.options && column.optionSet === undefined) return column.options
  const name = input.AttributeLogicalName ?? ''
  throw refused('AttributeLogicalName', `"${name}" is no choice column with options of its own.`)
}

async function change(
  call: Call,
  input: Which,
  to: { options?: Record<string, string>; order?: number[] },
): Promise<void> {
  const { OptionSetName, EntityLogicalName = '', AttributeLogicalName = '' } = input
  const wanted: CustomChange =
    OptionSetName === undefined
      ? { do: 'changeColumn', table: EntityLogicalName, name: AttributeLogicalName, to }
      : { do: 'changeOptionSet', name: OptionSetName, to }
  await call.regarding.records.customize(call.principal, [wanted])
}

function worded(input: Given): string {
  const label = labelOf(input, 'Label')
  if (label !== undefined) return label
  throw refused('Label', 'Label: the option needs a text')
}

const refused = (target: string, message: string) => new RequestError(400, 'ParameterInvalid', message, { target })

export const customizationOperations = [
  insertOptionValue,
  updateOptionValue,
  deleteOptionValue,
  orderOption,
  publishing('PublishAllXml', z.strictObject({})),
  publishing('PublishXml', z.strictObject({ ParameterXml: z.string().max(1_000_000).optional() })),
]

import { z } from 'zod'
import type { Reference } from '#records'
import type { Call } from '../api/call.ts'
import { RequestError } from '../failure.ts'

/** An action (POST, may change something) or function (GET, changes nothing) of the Web API. */
export interface Operation {
  name: string
  kind: 'action' | 'function'
  /** For the description of the API. */
  says: string
  input: z.ZodObject
  output: z.ZodObject
  /** The table of the row at whose address the action is found; unbound without it. */
  bound?: string
  /** A function also found at the address of rows of these tables, which are then this parameter. */
  along?: { tables: readonly string[]; parameter: string }
  /** Can be part of a transaction: touches the database only, through `call.access`. */
  atomic?: boolean
  /** Answers 204 and says nothing. */
  silent?: boolean
  /** `input` has been checked, and `row` is there to be read. */
  run(call: Call, input: unknown, row?: Reference): Promise<object>
}

/** Declares an operation; what it takes and gives is known to the compiler, the client and the documentation alike. */
export function operation<I extends z.ZodObject, O extends z.ZodObject>(declared: {
  name: string
  kind: Operation['kind']
  says: string
  input: I
  output: O
  bound?: string
  along?: Operation['along']
  atomic?: boolean
  silent?: boolean
  run(call: Call, input: z.output<I>, row?: Reference): Promise<z.input<O>>
}): Operation {
  const { along, ...rest } = declared
  return {
    ...rest,
    ...(along ? { along } : {}),
    run: (call, input, row) => declared.run(call, input as z.output<I>, row),
  }
}

const answers = new Map<Operation, z.ZodObject>()

/** The answer as sent. What the declaration does not know never leaves. */
export function answerOf(of: Operation): z.ZodObject {
  const known = answers.get(of)
  if (known) return known
  const answer = of.output.extend({ '@odata.context': z.string() })
  answers.set(of, answer)
  return answer
}

/** @throws RequestError 400 naming the parameter. */
export function checkInput({ name, input }: Operation, given: unknown): unknown {
  const parsed = input.safeParse(given)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const target = issue?.path.join('/') ?? ''
  throw new RequestError(400, 'ParameterInvalid', `${target || name}: ${issue?.message ?? 'not understood'}`, {
    target: (target || name).slice(0, 200),
  })
}

/** What has nothing to say. */
export const nothing = z.object({})

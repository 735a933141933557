import { parseArgs } from 'node:util'

/** An option of a command, as `node:util` parses it, with what `--help` says of it. */
export interface Flag {
  type: 'string' | 'boolean'
  short?: string
  says: string
  /** Shown as `--name <value>`. */
  value?: string
  multiple?: boolean
  /** The value names a file (`-`: standard input); the command gets its content, wherever it runs. */
  reads?: boolean
}

/** What a command writes to: results as text or, with `--json`, as one JSON value; progress beside it. */
export interface Output {
  /** The result, printed once at the end: `text` for people, `data` for programs. */
  result(text: string, data: unknown): void
  /** A line for people while work goes on; not printed with `--json`. */
  say(line: string): void
  /** Progress of long work; drawn as a bar where the terminal is one. `total` 0 means unknown. */
  progress(label: string, done: number, total: number): void
}

export interface Arguments {
  positionals: string[]
  flags: Record<string, string | boolean | string[] | undefined>
}

/** One command of the tool; `Context` is what it works on. */
export interface Command<Context> {
  /** As typed, e.g. `mailbox add`. */
  name: string
  /** What follows the name, e.g. `<mailbox>`. */
  takes?: string
  says: string
  /** Longer help, printed below the options. */
  details?: string
  flags?: Readonly<Record<string, Flag>>
  /** Least and most number of positional arguments. */
  positionals?: readonly [least: number, most: number]
  run(context: Context, given: Arguments, output: Output, signal: AbortSignal): Promise<number | undefined>
}

/** Exit codes: the sysexits that shells and supervisors know. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  noInput: 66,
  unavailable: 69,
  temporary: 75,
  noPermission: 77,
} as const

/** A file that a command needs cannot be read. */
export class NoInputError extends Error {
  override readonly name = 'NoInputError'
}

/** A command line that cannot be understood; the message says what to type instead. */
export class UsageError extends Error {
  readonly command: string | undefined

  constructor(message: string, command?: string) {
    super(message)
    this.name = 'UsageError'
    this.command = command
  }
}

const COMMON: Readonly<Record<string, Flag>> = {
  help: { type: 'boolean', short: 'h', says: 'Print this help' },
  json: { type: 'boolean', says: 'Print the result as one JSON value' },
}

/** The command that a command line names (longest name first) and what follows it. */
export function findCommand<C>(
  commands: readonly Command<C>[],
  words: readonly string[],
): { command: Command<C>; rest: string[] } | undefined {
  const byLength = commands.toSorted((a, b) => b.name.length - a.name.length)
  for (const command of byLength) {
    const parts = command.name.split(' ')
    if (parts.every((part, index) => words[index] === part)) return { command, rest: words.slice(parts.length) }
  }
  return undefined
}

/** @throws UsageError naming the option or the missing argument. */
export function parseArguments<C>(command: Command<C>, rest: readonly string[]): Arguments {
  const flags = { ...COMMON, ...command.flags }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.type, multiple: flag.multiple ?? false, ...(flag.short ? { short: flag.short } : {}) },
    ]),
  )
  const parsed = parse(command.name, rest, options)
  const [least, most] = command.positionals ?? [0, 0]
  if (parsed.values['help'] !== true && (parsed.positionals.length < least || parsed.positionals.length > most))
    throw new UsageError(`Usage: regarding ${command.name} ${command.takes ?? ''}`.trim(), command.name)
  return { positionals: parsed.positionals, flags: parsed.values as Arguments['flags'] }
}

/**
 * The words with every file that an option names read here, in the process and folder of the person who typed them; the
 * command itself may run in another process.
 */
export async function withFilesRead<C>(
  command: Command<C>,
  rest: readonly string[],
  read: (file: string) => Promise<string>,
): Promise<string[]> {
  const reading = Object.entries(command.flags ?? {}).filter(([, flag]) => flag.reads)
  const words = [...rest]
  for (const [name] of reading) {
    const at = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`))
    const word = words[at]
    if (word === undefined) continue
    const inline = word.includes('=')
    const file = inline ? word.slice(word.indexOf('=') + 1) : words[at + 1]
    if (file === undefined)
      throw new UsageError(`--${name} needs the name of a file, or - for standard input.`, command.name)
    words.splice(at, inline ? 1 : 2, `--${name}=${await read(file)}`)
  }
  return words
}

type Options = NonNullable<Parameters<typeof parseArgs>[0]>['options']

function parse(name: string, rest: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...rest], options: options ?? {}, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), name)
  }
}

export function helpOf<C>(command: Command<C>): string {
  const flags = Object.entries({ ...command.flags, ...COMMON })
  const lines = flags.map(([name, flag]) => {
    const left = `${flag.short ? `-${flag.short}, ` : '    '}--${name}${flag.value ? ` <${flag.value}>` : ''}`
    return `  ${left.padEnd(30)} ${flag.says}`
  })
  return [
    `regarding ${command.name}${command.takes ? ` ${command.takes}` : ''}`,
    '',
    `  ${command.says}`,
    '',
    'Options:',
    ...lines,
    ...(command.details ? ['', command.details] : []),
  ].join('\n')
}

export function overview<C>(commands: readonly Command<C>[]): string {
  const width = Math.max(...commands.map((command) => `${command.name} ${command.takes ?? ''}`.length))
  return [
    'regarding: CRM and mailbox synchronisation, with a reason for every message',
    '',
    'Commands:',
    ...commands.map((command) => `  ${`${command.name} ${command.takes ?? ''}`.padEnd(width)}  ${command.says}`),
    '',
    'regarding <command> --help says more; --version tells which this is. Environment: REGARDING_DATA_DIR (./data), REGARDING_DATABASE_URL,',
    'REGARDING_PORT (8080), REGARDING_PUBLIC_URL, REGARDING_SECRET_KEY, REGARDING_CUSTOMIZATION (a file of custom tables',
    'and columns), REGARDING_CODE (a module of handlers), REGARDING_WEBHOOK_NETWORKS (private networks that webhooks may be sent to), REGARDING_EXCHANGE_TENANT, …_CLIENT_ID, …_CLIENT_SECRET (a profile for Exchange Online from the start), REGARDING_OIDC_ISSUER, …_CLIENT_ID, …_CLIENT_SECRET, …_AUDIENCE (an OpenID provider to sign in by).',
  ].join('\n')
}

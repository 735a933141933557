import { MailboxError } from '#mailbox'
import { MailboxRuleError } from '#mailboxes'
import { SettingError } from '#options'
import { RecordError, SYSTEM } from '#records'
import type { Regarding } from '#sync'
import { EXIT, findCommand, helpOf, NoInputError, type Output, parseArguments, UsageError } from './command.ts'
import { commands } from './commands/index.ts'
import type { RegardingCommand } from './context.ts'

/** Runs the command that the words name. Returns the exit code; errors are said in a sentence, never as a stack. */
export async function runCommand(
  regarding: Regarding,
  words: readonly string[],
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  try {
    const found = findCommand<Parameters<RegardingCommand['run']>[0]>(commands, words)
    if (!found) throw new UsageError(`There is no command “${words.join(' ')}”; see regarding --help.`)
    const given = parseArguments(found.command, found.rest)
    if (given.flags['help'] === true) {
      output.result(helpOf(found.command), { help: found.command.name })
      return EXIT.ok
    }
    return (await found.command.run({ regarding, principal: SYSTEM }, given, output, signal)) ?? EXIT.ok
  } catch (error) {
    return report(error, output)
  }
}

/** Says what went wrong and what to do; the exit code tells a script which kind it was. */
export function report(error: unknown, output: Pick<Output, 'say'>): number {
  const text = error instanceof Error ? error.message : String(error)
  output.say(`regarding: ${text}`)
  if (error instanceof UsageError) {
    if (error.command) output.say(`Try: regarding ${error.command} --help`)
    return EXIT.usage
  }
  if (error instanceof NoInputError) return EXIT.noInput
  if (error instanceof RecordError) {
    if (error.code === 'NotFound') return EXIT.noInput
    if (error.code === 'PrivilegeDenied') return EXIT.noPermission
  }
  if (error instanceof SettingError || error instanceof MailboxRuleError) return EXIT.usage
  if (error instanceof MailboxError)
    return error.kind === 'transient' || error.kind === 'throttled' ? EXIT.temporary : EXIT.unavailable
  return EXIT.failed
}

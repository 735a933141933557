import { type Arguments, type Command, EXIT, helpOf, type Output, parseArguments } from './command.ts'
import { dataCommands } from './commands/data.ts'
import { demoCommand } from './commands/demo.ts'
import { sandboxCommand } from './commands/sandbox.ts'
import { serveCommand } from './commands/serve.ts'

/** A command that opens what it needs itself: it serves, or works on the database as a whole. */
export interface OwnCommand extends Command<undefined> {
  start(rest: readonly string[], output: Output, signal: AbortSignal): Promise<number>
}

function own(command: Command<undefined>): OwnCommand {
  return {
    ...command,
    async start(rest, output, signal) {
      const given: Arguments = parseArguments(command, rest)
      if (given.flags['help'] === true) {
        output.result(helpOf(command), { help: command.name })
        return EXIT.ok
      }
      return (await command.run(undefined, given, output, signal)) ?? EXIT.ok
    },
  }
}

export const ownCommands: readonly OwnCommand[] = [demoCommand, serveCommand, sandboxCommand, ...dataCommands].map(own)

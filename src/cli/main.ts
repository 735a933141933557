import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Regarding } from '#sync'
import { EXIT, findCommand, helpOf, NoInputError, type Output, overview, UsageError, withFilesRead } from './command.ts'
import { commands } from './commands/index.ts'
import { openInstallation } from './installation.ts'
import { type OwnCommand, ownCommands } from './own.ts'
import { runInOwner } from './owner.ts'
import { report, runCommand } from './run.ts'
import { targetOf } from './target.ts'
import { terminalOutput } from './terminal.ts'

const words = process.argv.slice(2)
const output = terminalOutput(words.includes('--json'), process.stdout, process.stderr)
const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort(new Error('Stopped.')))

process.exitCode = await main(words, output, abort.signal)
output.finish()

async function main(given: readonly string[], to: Output, signal: AbortSignal): Promise<number> {
  try {
    if (!given.length || given[0] === '--help' || given[0] === 'help' || given[0] === '-h') {
      to.result(overview([...ownCommands, ...commands]), {
        commands: [...ownCommands, ...commands].map((command) => command.name),
      })
      return EXIT.ok
    }
    if (given[0] === '--version') {
      const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as Package
      to.result(`regarding ${version}`, { version })
      return EXIT.ok
    }
    const own = findCommand<undefined>(ownCommands, given) as { command: OwnCommand; rest: string[] } | undefined
    if (own) return await own.command.start(own.rest, to, signal)
    const known = findCommand(commands, given)
    if (!known) return unknown(given, to)
    if (asksForHelp(given)) {
      to.result(helpOf(known.command), { help: known.command.name })
      return EXIT.ok
    }
    const ready = await withFilesRead(known.command, known.rest, readText)
    return await inInstallation([...known.command.name.split(' '), ...ready], to, signal)
  } catch (error) {
    return report(error, { say: (line) => process.stderr.write(`${line}\n`) })
  }
}

interface Package {
  version: string
}

function asksForHelp(given: readonly string[]): boolean {
  return given.includes('--help') || given.includes('-h')
}

/** A word that begins several commands, such as `mailbox`, shows those. @throws UsageError when nothing begins so. */
function unknown(given: readonly string[], to: Output): number {
  const [first = ''] = given
  const group = [...ownCommands, ...commands].filter((command) => command.name.startsWith(`${first} `))
  if (!group.length) throw new UsageError(`There is no command “${given.join(' ')}”; see regarding --help.`)
  to.result(overview(group), { commands: group.map((command) => command.name) })
  return asksForHelp(given) ? EXIT.ok : EXIT.usage
}

/** In the process that owns the directory when there is one; else the installation is opened here. */
async function inInstallation(given: readonly string[], to: Output, signal: AbortSignal): Promise<number> {
  const target = targetOf(process.env)
  if ('directory' in target) {
    const code = await runInOwner(target.directory, given, to, signal)
    if (code !== undefined) return code
  }
  const regarding: Regarding = await openInstallation(target, process.env)
  try {
    return await runCommand(regarding, given, to, signal)
  } finally {
    await regarding.close()
  }
}

async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'it is not there' : code === 'EISDIR' ? 'it is a directory' : String(code)
    throw new NoInputError(`The file ${file} cannot be read: ${why}.`, { cause: error })
  }
}

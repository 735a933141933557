import { createLogger, createMetrics, oidcSettings, startServer } from '#http'
import { type Regarding, startWorker, workCode } from '#sync'
import type { Command, Output } from '../command.ts'
import { openInstallation } from '../installation.ts'
import { serveCommands } from '../owner.ts'
import { portOf, targetOf } from '../target.ts'

export const serveCommand: Command<undefined> = {
  name: 'serve',
  says: 'Run the worker and the web server until stopped',
  flags: {
    role: {
      type: 'string',
      value: 'all|web|worker',
      says: 'What this process does (all); several processes share one PostgreSQL',
    },
    port: { type: 'string', short: 'p', value: 'port', says: 'Port of the web server (8080)' },
    host: { type: 'string', value: 'address', says: 'Address to listen on (127.0.0.1)' },
    concurrency: { type: 'string', value: 'n', says: 'Mailboxes synchronized at once (10)' },
  },
  async run(_, { flags }, output, signal) {
    const target = targetOf(process.env)
    const regarding = await openInstallation(target, process.env)
    try {
      await serve(regarding, {
        role: roleOf(flags['role']),
        port: portOf(process.env, flags['port'] === undefined ? undefined : String(flags['port'])),
        host: String(flags['host'] ?? '127.0.0.1'),
        concurrency: Number(flags['concurrency'] ?? 10),
        output,
        signal,
        ...('directory' in target ? { directory: target.directory } : {}),
      })
    } finally {
      await regarding.close()
    }
    return undefined
  },
}

export interface ServeOptions {
  role: 'all' | 'web' | 'worker'
  port: number
  host: string
  concurrency: number
  output: Output
  signal: AbortSignal
  /** Of the embedded database: other commands find us there. */
  directory?: string
}

/** Serves until the signal aborts, then ends what runs in good order. */
export async function serve(regarding: Regarding, options: ServeOptions): Promise<void> {
  const { output, signal } = options
  const commands = options.directory ? await serveCommands(regarding, options.directory) : undefined
  const metrics = createMetrics(regarding)
  const oidc = oidcSettings(process.env)
  const publicUrl = process.env['REGARDING_PUBLIC_URL']
  const log = createLogger(process.env['REGARDING_LOG_LEVEL'] ?? 'warn')
  const worker =
    options.role === 'web'
      ? undefined
      : startWorker(regarding, {
          concurrency: options.concurrency,
          ...(publicUrl ? { publicUrl } : {}),
          onSettled: (settlement) => metrics.cycleSettled(settlement),
          onError: (error, doing) => log.error({ err: error }, `While ${doing}`),
        })
  if (worker) {
    await regarding.records.duplicates.work()
    await workCode(regarding, (error, doing) => log.error({ err: error }, `While ${doing}`))
  }
  const web =
    options.role === 'worker'
      ? undefined
      : await startServer(regarding, {
          host: options.host,
          port: options.port,
          log,
          metrics,
          ...(publicUrl ? { publicUrl } : {}),
          ...(oidc ? { oidc } : {}),
        })
  output.say(web ? `Regarding serves ${web.url}; stop with Ctrl-C.` : 'The worker runs; stop with Ctrl-C.')
  await untilAborted(signal)
  output.say('Stopping …')
  await web?.close()
  await worker?.stop()
  await regarding.database.jobs.stop()
  commands?.close()
}

function roleOf(given: unknown): ServeOptions['role'] {
  const role = (['all', 'web', 'worker'] as const).find((known) => known === (given ?? 'all'))
  if (role) return role
  throw new RangeError(`--role is all, web or worker, not “${String(given)}”.`)
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

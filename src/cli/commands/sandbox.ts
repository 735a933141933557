import { seedCompany, startSandbox, World } from '#sandbox'
import { systemClock } from '#time'
import type { Command } from '../command.ts'
import { portOf } from '../target.ts'
import { table } from '../terminal.ts'

export const sandboxCommand: Command<undefined> = {
  name: 'sandbox',
  says: 'An Exchange on this machine: Microsoft Graph, EWS and SMTP over a small company, until stopped',
  flags: {
    port: { type: 'string', short: 'p', value: 'port', says: 'Port of Graph, EWS and the sign-in (a free one)' },
    'smtp-port': { type: 'string', value: 'port', says: 'Port of SMTP (a free one)' },
    empty: { type: 'boolean', says: 'Begin without users and mail; POST /control/users adds them' },
    seed: { type: 'string', value: 'number', says: 'Another number gives other ids (1)' },
    once: { type: 'boolean', says: 'Print what there is and end' },
  },
  details:
    'Everything is in memory and listens on 127.0.0.1 alone. GET <url>/control shows what is there; POST <url>/control/faults\ninjects faults, e.g. {"operation":"GET /mailFolders","fault":{"kind":"throttled","retryAfter":5}}.',
  async run(_, { flags }, output, signal) {
    const world = new World({ clock: systemClock, seed: Number(flags['seed'] ?? 1) })
    if (flags['empty'] !== true) await seedCompany(world)
    const sandbox = await startSandbox({
      world,
      port: portOf({}, String(flags['port'] ?? 0)),
      smtpPort: portOf({}, String(flags['smtp-port'] ?? 0)),
    })
    try {
      const [application] = sandbox.login.applications
      const where = {
        graph: sandbox.graphUrl,
        tokens: `${sandbox.loginUrl}/oauth2/v2.0/token`,
        ews: sandbox.ewsUrl,
        smtp: `smtp://${sandbox.smtp.host}:${sandbox.smtp.port}`,
        control: `${sandbox.url}/control`,
        tenant: sandbox.login.tenant,
        clientId: application?.clientId ?? '',
        clientSecret: application?.clientSecret ?? '',
      }
      const users = world.users.map(({ name, address, password }) => ({ name, address, password }))
      const lines = Object.entries(where).map(([name, value]) => [name, value])
      const people = users.map(({ name, address, password }) => [name, address, password])
      const text = [table(['What', 'Where'], lines), '', table(['Name', 'Address', 'Password'], people)].join('\n')
      output.result(text, { ...where, users })
      if (flags['once'] !== true) await untilAborted(signal)
    } finally {
      await sandbox.close()
    }
    return undefined
  },
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

import { execFile } from 'node:child_process'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A PostgreSQL of its own in a temporary folder, reached by a socket there. */
export async function startPostgres(): Promise<{ socket: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'records-pg-'))
  const data = join(folder, 'data')
  const asPostgres = process.getuid?.() === 0
  const command = async (name: string, ...args: string[]) => {
    const path = `/usr/lib/postgresql/15/bin/${name}`
    if (asPostgres) await run('runuser', ['-u', 'postgres', '--', path, ...args])
    else await run(path, args)
  }
  if (asPostgres) {
    const { stdout: uid } = await run('id', ['-u', 'postgres'])
    const { stdout: gid } = await run('id', ['-g', 'postgres'])
    await chown(folder, Number(uid), Number(gid))
  }
  await command('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N')
  const options = `-c listen_addresses='' -c unix_socket_directories=${folder} -c fsync=off -c max_connections=30`
  await command('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start')
  return {
    socket: folder,
    async stop() {
      await command('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

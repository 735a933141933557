import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { exportDatabase, importDatabase, openDatabase } from '#database'
import type { Command } from '../command.ts'
import { openInstallation } from '../installation.ts'
import { targetOf } from '../target.ts'

const exportCommand: Command<undefined> = {
  name: 'export',
  takes: '<file>',
  says: 'Write everything to one file, to be imported into another installation, embedded or PostgreSQL',
  positionals: [1, 1],
  details:
    'Secrets stay encrypted: the installation that imports needs the same key (REGARDING_SECRET_KEY or the key file).',
  async run(_, { positionals }, output) {
    const file = positionals[0] as string
    const database = await openDatabase(targetOf(process.env))
    try {
      const done = await exportDatabase(database, createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
        progress: ({ rows }) => output.progress('Rows', rows, 0),
      })
      output.result(`Wrote ${done.rows} rows and ${done.blobs} contents to ${file}.`, { file, ...done })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) await rm(file, { force: true })
      throw error
    } finally {
      await database.close()
    }
    return undefined
  },
}

const importCommand: Command<undefined> = {
  name: 'import',
  takes: '<file>',
  says: 'Read a file written by export into a new installation',
  positionals: [1, 1],
  flags: { replace: { type: 'boolean', says: 'Replace what the installation holds' } },
  async run(_, { positionals, flags }, output) {
    const database = await openDatabase(targetOf(process.env))
    try {
      const done = await importDatabase(database, createReadStream(positionals[0] as string), {
        replace: flags['replace'] === true,
        progress: ({ rows }) => output.progress('Rows', rows, 0),
      })
      output.result(`Read ${done.rows} rows and ${done.blobs} contents.`, done)
    } finally {
      await database.close()
    }
    return undefined
  },
}

const rotate: Command<undefined> = {
  name: 'key rotate',
  says: 'Encrypt every secret anew under a new key',
  flags: {
    'new-key': { type: 'string', value: 'key', says: 'The new key; without it one is made and the key file rewritten' },
  },
  async run(_, { flags }, output) {
    const regarding = await openInstallation(targetOf(process.env), process.env)
    try {
      const sealed = await regarding.database.secrets.rotate(
        flags['new-key'] === undefined ? undefined : String(flags['new-key']),
      )
      output.result(`Sealed ${sealed} secrets anew.`, { sealed })
    } finally {
      await regarding.close()
    }
    return undefined
  },
}

export const dataCommands = [exportCommand, importCommand, rotate]

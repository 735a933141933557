import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { openDatabase, type Target } from '#database'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { assemble } from '#sync'
import { seededRandom, systemClock } from '#time'
import { bundleOf, SHORT_LIVED } from '../support/bundle.ts'
import { engines, makeTestInstallation, TEST_KEY } from '../support/database.ts'
import { effort } from './effort.ts'

const KILLS = Math.max(4, effort.minutes * 4)
const SEED = effort.seed ?? 4711

interface Declared {
  tables: { name: string; columns: { name: string }[] }[]
  /** Those that were added to a table afterwards. */
  columns: Record<string, { name: string }[]>
}

describe.each(engines)('%s', (engine) => {
  test(
    `Customization: after ${KILLS} kills of a process that declares through the API, declarations and tables agree`,
    async () => {
      const { target, remove } = await makeTestInstallation(engine)
      const script = await bundleOf(join(import.meta.dirname, 'support/killableCustomizing.ts'))
      const random = seededRandom(SEED)
      try {
        const administrator = await addAdministrator(target)
        let declared = 0
        for (let kill = 0; kill < KILLS; kill++) {
          const child = start(script, target, administrator, kill)
          await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), failing(child)])
          await systemClock.sleep(random() * 1_500)
          expect(child.exitCode).toBeNull()
          const gone = once(child, 'exit')
          child.kill('SIGKILL')
          await gone
          declared = await agree(target)
        }
        expect(declared).toBeGreaterThanOrEqual(KILLS)
        await useAll(target)
      } finally {
        await remove()
      }
    },
    60_000 + KILLS * 30_000,
  )
})

function start(script: string, target: Target, administrator: string, number: number): ChildProcess {
  const args = [...SHORT_LIVED, script, JSON.stringify(target), TEST_KEY, administrator, String(number)]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function failing(child: ChildProcess): Promise<never> {
  let report = ''
  child.stderr?.on('data', (text) => {
    report = `${report}${String(text)}`.slice(-2_000)
  })
  await once(child, 'exit')
  throw new Error(`It ended by itself: ${report}`)
}

const open = (target: Target) => openDatabase(target, { key: { text: TEST_KEY } })

async function addAdministrator(target: Target): Promise<string> {
  const database = await open(target)
  try {
    const system = (await assemble(database, systemClock)).records.as(SYSTEM)
    const id = await system.create('systemuser', { lastname: 'Ada', businessunitid: ROOT_BUSINESS_UNIT })
    await system.create('systemuserroles', { systemuserid: id, roleid: ROLES.systemAdministrator })
    return id
  } finally {
    await database.close()
  }
}

/** Looked at before an installation is opened, which would add what lacks. @returns how many tables are declared. */
async function agree(target: Target): Promise<number> {
  const database = await open(target)
  try {
    const kept = await sql<{ declarations: Declared }>`select declarations from customization`.execute(database.sql)
    const { tables, columns: more } = kept.rows[0]?.declarations ?? { tables: [], columns: {} }
    const declared = tables.flatMap(({ name, columns }) =>
      [...columns, ...(more[name] ?? [])].map((each) => `${name}.${each.name}`),
    )
    const { rows } = await sql<{ name: string }>`
      select table_name || '.' || column_name as name from information_schema.columns
      where table_name like 'new\_k%' and column_name like 'new\_%' and column_name <> table_name || 'id'`.execute(
      database.sql,
    )
    expect(rows.map(({ name }) => name).sort()).toEqual(declared.sort())
    return tables.length
  } finally {
    await database.close()
  }
}

/** Every declared table takes rows with a value in each of its columns. */
async function useAll(target: Target): Promise<void> {
  const database = await open(target)
  try {
    const { records } = await assemble(database, systemClock)
    for (const table of records.catalogue.tables.filter(({ name }) => name.startsWith('new_k'))) {
      const own = table.columns.filter(({ name }) => name.startsWith('new_') && name !== table.id)
      const id = await records.as(SYSTEM).create(table.name, Object.fromEntries(own.map(({ name }) => [name, 'x'])))
      expect(await records.as(SYSTEM).retrieve(table.name, id)).toMatchObject({ new_first: 'x' })
    }
  } finally {
    await database.close()
  }
}

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM } from '#records'
import type { Sandbox } from '#sandbox'
import { openRegarding, type Regarding } from '#sync'
import { seededRandom, systemClock } from '#time'
import { makeTestInstallation, testDirectory } from '../support/database.ts'
import { effort } from './effort.ts'
import { type Crew, openCrew } from './support/crew.ts'
import type { Edit } from './support/edits.ts'
import { calm, type Desk, editItem, itemFaults, openItemOffice, someItemAt, type Table } from './support/itemOffice.ts'

const KILLS = Math.max(3, effort.minutes * 6)
const SEED = effort.seed ?? 4711

let directory: string
let log: string
let sandbox: Sandbox
let desks: [Desk, Desk]
let crew: Crew
let remove: () => Promise<void>

beforeAll(async () => {
  const made = await makeTestInstallation('embedded')
  if (!('directory' in made.target)) throw new Error('A directory was asked for')
  directory = made.target.directory
  remove = made.remove
  log = join(await testDirectory(), 'said')
  const regarding = await openRegarding({ directory })
  ;({ sandbox, desks } = await openItemOffice(regarding))
  await regarding.close()
  const [owner, guest] = desks.map(({ id, address, mailboxId }) => ({ id, address, mailboxId }))
  crew = await openCrew('killableItems.ts', [JSON.stringify({ directory, log, owner, guest })])
}, 120_000)
afterAll(async () => {
  await crew?.close()
  for (const desk of desks ?? []) await desk.close()
  await remove?.()
  await sandbox?.close()
})

test(
  `laws 1, 2, 8, 9: the process that has the embedded store, and changes records, is killed ${KILLS} times while Outlook changes items: nothing is lost or doubled`,
  async () => {
    const [anna] = desks
    const edits: Edit[] = []
    const enough = new AbortController()
    const inOutlook = (async (random) => {
      while (!enough.signal.aborted) {
        const kind = (['contact', 'task', 'event'] as const)[Math.floor(random() * 3)] ?? 'task'
        const item = await someItemAt(anna, kind, random)
        const edit = item && (await editItem(anna, item, `I${edits.length}.`))
        if (edit) edits.push(edit)
        await systemClock.sleep(random() * 100)
      }
    })(seededRandom(SEED + 1))
    inOutlook.catch(() => undefined) // awaited below
    const random = seededRandom(SEED)
    for (let count = 0; count < KILLS; count++) {
      await crew.start(String(count))
      await systemClock.sleep(random() * 1_000)
      await crew.kill(0)
    }
    enough.abort()
    await inOutlook
    const said = await readSaid()
    const regarding = await openRegarding({ directory })
    try {
      await calm(regarding, desks)
      const ledger = { ...said, edits: [...said.edits, ...edits], names: await namesOf(regarding, said) }
      expect(await itemFaults(regarding, { sandbox, desks }, ledger)).toEqual([])
    } finally {
      await regarding.close()
    }
    expect(said.edits.length + edits.length).toBeGreaterThan(KILLS * 3)
  },
  120_000 + KILLS * 20_000,
)

interface Said {
  edits: Edit[]
  attempts: Edit[]
  made: Map<string, Table>
  will: Map<string, Table>
}

/** What those who were killed have said, and what they were about to say. */
async function readSaid(): Promise<Said> {
  const said: Said = { edits: [], attempts: [], made: new Map(), will: new Map() }
  if (!existsSync(log)) return said
  for (const line of (await readFile(log, 'utf8')).split('\n').filter(Boolean)) {
    const one = JSON.parse(line) as {
      edit?: Edit
      attempt?: Edit
      made?: { name: string; table: Table }
      will?: { name: string; table: Table }
    }
    if (one.edit) said.edits.push(one.edit)
    if (one.attempt) said.attempts.push(one.attempt)
    if (one.made) said.made.set(one.made.name, one.made.table)
    if (one.will) said.will.set(one.will.name, one.will.table)
  }
  return said
}

/** All that were made: those whose making was told, and those of the others that are there. */
async function namesOf(regarding: Regarding, { made, will }: Said): Promise<Map<string, Table>> {
  const names = new Map(made)
  for (const [name, table] of will) {
    if (names.has(name)) continue
    const column = table === 'contact' ? 'lastname' : 'subject'
    const filter = {
      kind: 'filter' as const,
      type: 'and' as const,
      items: [{ kind: 'condition' as const, column, operator: 'eq' as const, values: [name] }],
    }
    const { rows } = await regarding.records.as(SYSTEM).query({ table, filter })
    if (rows.length) names.set(name, table)
  }
  return names
}

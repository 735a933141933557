import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SYSTEM } from '#records'
import { openInstallation } from '../../src/cli/installation.ts'

const TREES = { tables: [{ name: 'new_tree', set: 'new_trees', label: 'Tree', columns: [] }] }

test('custom tables come from the file in the directory of the installation, or the one that is named', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'regarding-cli-'))
  try {
    const data = join(directory, 'data')
    await mkdir(data)
    await writeFile(join(data, 'customization.json'), JSON.stringify(TREES))
    const regarding = await openInstallation({ directory: data }, {})
    await regarding.records.as(SYSTEM).create('new_tree', { new_name: 'Oak' })
    await regarding.close()

    const broken = join(directory, 'other.json')
    await writeFile(broken, '{ "tables": [')
    const opened = openInstallation({ directory: data }, { REGARDING_CUSTOMIZATION: broken })
    await expect(opened).rejects.toThrow(broken)
    await writeFile(broken, '{ "tables": [{ "name": "new_tree" }] }')
    const refused = openInstallation({ directory: data }, { REGARDING_CUSTOMIZATION: broken })
    await expect(refused).rejects.toThrow(/tables\.0\.set/)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}, 60_000)

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { copyOrMake } from '../../src/database/embedded/prepared.ts'
import { testDirectory } from '../support/database.ts'

/** Here with a few files; `durability.test.ts` and others open what was really prepared. */
describe('what is costly to make', () => {
  let root: string
  let place: string
  let made: number
  beforeEach(async () => {
    root = await testDirectory()
    place = join(root, 'packages', 'kept')
    made = 0
  })

  async function make(directory: string): Promise<void> {
    const mine = ++made
    await mkdir(join(directory, 'base', 'empty'), { recursive: true })
    await writeFile(join(directory, 'base', '1'), `content ${mine}`)
    await writeFile(join(directory, 'PG_VERSION'), '18\n', { mode: 0o600 })
  }

  /** What a new directory holds, and how often it had to be made so far. */
  async function filled(name: string): Promise<{ files: string[]; content: string; made: number }> {
    const directory = join(root, name)
    await mkdir(directory)
    await copyOrMake(directory, { place, make })
    const files = (await readdir(directory, { recursive: true })).toSorted()
    return { files, content: await readFile(join(directory, 'base', '1'), 'utf8'), made }
  }

  const files = ['PG_VERSION', 'base', 'base/1', 'base/empty']

  test('is made once and copied from then on', async () => {
    expect(await filled('first')).toEqual({ files, content: 'content 1', made: 1 })
    expect(await filled('second')).toEqual({ files, content: 'content 1', made: 1 })
    // A copy is somebody's own.
    await writeFile(join(root, 'second', 'base', '1'), 'in use')
    expect(await filled('third')).toEqual({ files, content: 'content 1', made: 1 })
  })

  test.each([
    ['a content', () => writeFile(join(place, 'files', 'base', '1'), 'contens 1')],
    ['a file', () => rm(join(place, 'files', 'PG_VERSION'))],
    ['an empty directory', () => rm(join(place, 'files', 'base', 'empty'), { recursive: true })],
    ['the digest', () => writeFile(join(place, 'sha256'), '')],
    ['everything', () => rm(join(place, 'files'), { recursive: true })],
  ])('is made anew when %s of what was kept is damaged, and kept again', async (_, damage) => {
    await filled('first')
    await damage()
    expect(await filled('second')).toEqual({ files, content: 'content 2', made: 2 })
    expect(await filled('third')).toEqual({ files, content: 'content 2', made: 2 })
  })

  test('is made each time where nothing can be kept', async () => {
    await writeFile(join(root, 'packages'), 'a file in place of the directory')
    expect(await filled('first')).toEqual({ files, content: 'content 1', made: 1 })
    expect(await filled('second')).toEqual({ files, content: 'content 2', made: 2 })
  })

  test('leaves nothing half kept behind when two make it at a time', async () => {
    const both = await Promise.all([filled('first'), filled('second')])
    expect(both.map(({ content }) => content).toSorted()).toEqual(['content 1', 'content 2'])
    expect(await readdir(join(root, 'packages'))).toEqual(['kept'])
    expect((await filled('third')).made).toBe(2)
  })

  test('fails as making fails, and keeps nothing', async () => {
    const directory = join(root, 'first')
    await mkdir(directory)
    const failing = copyOrMake(directory, { place, make: () => Promise.reject(new Error('No memory')) })
    await expect(failing).rejects.toThrow('No memory')
    expect(await readdir(root)).toEqual(['first'])
  })
})

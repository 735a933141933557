import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { clearDemo, type DemoResult, prepareDemo } from '#demo'
import { systemClock } from '#time'
import packageJson from '../../package.json' with { type: 'json' }

const run = promisify(execFile)

describe('regarding demo', () => {
  const home = join(inject('runDirectory'), `demo-command-${randomUUID()}`)
  afterAll(() => rm(home, { recursive: true, force: true }))

  it('B-23: --once --json prints one JSON object and nothing else, begun anew and gone on with', async () => {
    const directory = join(home, 'demo')
    const demo = async (...more: string[]) => {
      const words = ['bin/regarding.js', 'demo', '--once', '--json', '--directory', directory, ...more]
      const { stdout } = await run(process.execPath, words, { timeout: 110_000 })
      expect(stdout.trim().split('\n')).toHaveLength(1)
      return JSON.parse(stdout) as DemoResult
    }
    const result = await demo()
    expect(Object.keys(result).toSorted()).toEqual([
      'byCorrelation',
      'byReason',
      'failed',
      'linked',
      'messages',
      'notTracked',
      'seconds',
      'suggested',
      'tracked',
    ])
    expect(result.failed).toBe(0)
    expect(result.messages).toBeGreaterThanOrEqual(400)
    expect({ ...(await demo('--keep')), seconds: 0 }).toEqual({ ...result, seconds: 0 })
  }, 120_000)

  it('--version tells which Regarding it is', async () => {
    const { stdout } = await run(process.execPath, ['bin/regarding.js', '--version', '--json'])
    expect(JSON.parse(stdout)).toEqual({ version: packageJson.version })
  })

  it('A directory that holds other things is refused and left as it is', async () => {
    const directory = join(home, 'other')
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'letter.txt'), 'Dear Ingrid')
    await expect(clearDemo(directory)).rejects.toThrow(/holds other things than the demo.*--directory/)
    await expect(prepareDemo(directory, systemClock)).rejects.toThrow(/holds other things/)
    expect(await readdir(directory)).toEqual(['letter.txt'])
  })
})

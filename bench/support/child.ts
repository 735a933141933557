import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs a program of `bench/children` in a process of its own; it takes JSON as its argument and prints JSON. */
export async function runChild<Result>(name: string, job: object): Promise<Result> {
  const file = fileURLToPath(new URL(`../children/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', file, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  })
  let output = ''
  let complaint = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    complaint += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`The measured process “${name}” ended with code ${code}: ${complaint.slice(-2000)}`)
  return JSON.parse(output) as Result
}

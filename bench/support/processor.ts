import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the kernel's clock per second (sysconf _SC_CLK_TCK), the same on every Linux of today. */
const TICKS = 100

/** Seconds of processor that a process and everything below it have used, their ended children included. */
export function processorSeconds(pid: number): number {
  const below = new Map<number, number[]>()
  const used = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = readStat(name)
    if (!stat) continue
    used.set(Number(name), stat.seconds)
    below.set(stat.parent, [...(below.get(stat.parent) ?? []), Number(name)])
  }
  const total = (of: number): number =>
    (used.get(of) ?? 0) + (below.get(of) ?? []).reduce((sum, child) => sum + total(child), 0)
  return total(pid)
}

/** Seconds of processor that a process's first thread has used: where JavaScript runs. */
export function mainThreadSeconds(pid: number): number {
  return readStat(`${pid}/task/${pid}`)?.seconds ?? 0
}

function readStat(pid: string): { parent: number; seconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const times = [11, 12, 13, 14].map((index) => Number(fields[index]))
    return { parent: Number(fields[1]), seconds: times.reduce((sum, time) => sum + time, 0) / TICKS }
  } catch {
    return undefined // It ended while we looked.
  }
}

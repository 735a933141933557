/** Writes UIDs as a sequence set (`1:3,7`), in ascending order. Empty for none. */
export function formatUids(uids: readonly number[]): string {
  const sorted = [...new Set(uids)].sort((a, b) => a - b)
  const parts: string[] = []
  for (let index = 0; index < sorted.length; ) {
    let end = index
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++
    parts.push(end === index ? `${sorted[index]}` : `${sorted[index]}:${sorted[end]}`)
    index = end + 1
  }
  return parts.join(',')
}

/** Reads a sequence set, in its own order, leaving out what lies outside `from` … `to`. */
export function parseUids(set: string, from = 1, to = 4_294_967_295): number[] {
  const uids: number[] = []
  for (const part of set.split(',')) {
    const match = /^(\d+)(?::(\d+))?$/.exec(part)
    if (!match) continue
    const [a, b] = [Number(match[1]), Number(match[2] ?? match[1])]
    const end = Math.min(Math.max(a, b), to)
    for (let uid = Math.max(Math.min(a, b), from); uid <= end; uid++) uids.push(uid)
  }
  return uids
}

/** Pairs the UIDs of two sets of the same length, as COPYUID does (RFC 4315 §3): both in the order written. */
export function pairUids(from: string, to: string): [number, number][] {
  const targets = ordered(to)
  return ordered(from).flatMap((uid, index) => {
    const target = targets[index]
    return target === undefined ? [] : [[uid, target] as [number, number]]
  })
}

/** Splits UIDs into groups of at most `size` whose sets stay below 6,000 characters: servers limit a command to 8,192. */
export function groupUids(uids: readonly number[], size: number): number[][] {
  const groups: number[][] = []
  const limit = Math.min(size, 500)
  for (let index = 0; index < uids.length; index += limit) groups.push(uids.slice(index, index + limit))
  return groups
}

function ordered(set: string): number[] {
  return set.split(',').flatMap((part) => parseUids(part))
}

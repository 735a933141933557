/**
 * Puts two changes of one text together, line by line (B-71); undefined where they overlap. Takes time in proportion to
 * n log n of the lines, whatever they are. The same result whichever side is which.
 */
export function mergeLines(base: string, ours: string, theirs: string): string | undefined {
  const [from, a, b] = [linesOf(base), linesOf(ours), linesOf(theirs)]
  const [left, right] = [edits(from, a), edits(from, b)]
  const merged: string[] = []
  let at = 0
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [one, other] = [left[i], right[j]]
    if (one && other && overlap(one, other)) {
      if (!isSame(one, a, other, b)) return undefined
      j++
    }
    const isOurs = one !== undefined && (!other || overlap(one, other) || one.start <= other.start)
    const edit = (isOurs ? one : other) as Edit
    if (isOurs) i++
    else j++
    for (; at < edit.start; at++) merged.push(from[at] as string)
    for (const line of (isOurs ? a : b).slice(edit.newStart, edit.newEnd)) merged.push(line)
    at = edit.end
  }
  for (; at < from.length; at++) merged.push(from[at] as string)
  return merged.join('\n')
}

/** Lines `start` to `end` of the old text are those from `newStart` to `newEnd` of the new one. */
interface Edit {
  start: number
  end: number
  newStart: number
  newEnd: number
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}

/** Something put in beside what the other changed is an overlap: nobody knows which comes first. */
function overlap(a: Edit, b: Edit): boolean {
  if (a.start < b.end && b.start < a.end) return true
  const touches = a.start <= b.end && b.start <= a.end
  return touches && (a.start === a.end || b.start === b.end)
}

function isSame(a: Edit, ours: readonly string[], b: Edit, theirs: readonly string[]): boolean {
  const length = a.newEnd - a.newStart
  if (a.start !== b.start || a.end !== b.end || b.newEnd - b.newStart !== length) return false
  for (let at = 0; at < length; at++) if (ours[a.newStart + at] !== theirs[b.newStart + at]) return false
  return true
}

/** What changed between two texts, in order. Lines that each has once are held against each other (patience diff). */
function edits(from: readonly string[], to: readonly string[]): Edit[] {
  const found: Edit[] = []
  let [start, newStart] = [0, 0]
  for (const [end, newEnd] of [...anchors(from, to), [from.length, to.length] as const]) {
    const edit = trimmed(from, to, { start, end, newStart, newEnd })
    if (edit.start < edit.end || edit.newStart < edit.newEnd) found.push(edit)
    start = end + 1
    newStart = newEnd + 1
  }
  return found
}

function trimmed(from: readonly string[], to: readonly string[], { start, end, newStart, newEnd }: Edit): Edit {
  while (start < end && newStart < newEnd && from[start] === to[newStart]) {
    start++
    newStart++
  }
  while (start < end && newStart < newEnd && from[end - 1] === to[newEnd - 1]) {
    end--
    newEnd--
  }
  return { start, end, newStart, newEnd }
}

/** Lines that both have exactly once, as many as follow each other in the same order in both. */
function anchors(from: readonly string[], to: readonly string[]): (readonly [number, number])[] {
  const places = once(to)
  const pairs = [...once(from)].flatMap(([line, at]) => {
    const place = places.get(line)
    return place === undefined ? [] : [[at, place] as const]
  })
  return increasing(pairs)
}

function once(lines: readonly string[]): Map<string, number> {
  const places = new Map<string, number>()
  for (const [at, line] of lines.entries()) places.set(line, places.has(line) ? -1 : at)
  for (const [line, at] of places) if (at < 0) places.delete(line)
  return places
}

/** The longest part of pairs, sorted by their first, whose second grow too. */
function increasing(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const tops: number[] = []
  const before = new Int32Array(pairs.length)
  for (const [index, [, place]] of pairs.entries()) {
    let [low, high] = [0, tops.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((pairs[tops[middle] as number]?.[1] ?? 0) < place) low = middle + 1
      else high = middle
    }
    before[index] = low > 0 ? (tops[low - 1] as number) : -1
    tops[low] = index
  }
  const found: (readonly [number, number])[] = []
  for (let at = tops.at(-1) ?? -1; at >= 0; at = before[at] as number)
    found.push(pairs[at] as readonly [number, number])
  return found.reverse()
}

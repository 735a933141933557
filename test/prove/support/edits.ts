/** What people said on either side, so that nothing of it is lost unseen. */
export interface Edit {
  /** The name by which people know the thing; it never changes. */
  name: string
  side: 'record' | 'item'
  /** Said nowhere else. Undefined: it was deleted. */
  value?: string
  /** What stood there when it was said: whoever says something else there has seen it. */
  was?: string
}

/**
 * Edits that nobody can find any more: not where they were made, not under what somebody wrote who saw them, not in
 * `kept`, the conflict tray and the copies of what was overwritten (B-41, B-70).
 */
export function lostEdits(
  edits: readonly Edit[],
  /** Edits that may have happened: somebody was killed while making them. */
  attempts: readonly Edit[],
  { final, kept }: { final: ReadonlyMap<string, string>; kept: string },
): Edit[] {
  const seen = new Set([...edits, ...attempts].flatMap(({ was }) => was ?? []))
  return edits.filter(
    ({ name, value }) =>
      value !== undefined &&
      final.get(name) !== value &&
      !seen.has(value) &&
      !kept.includes(JSON.stringify(value).slice(1, -1)),
  )
}

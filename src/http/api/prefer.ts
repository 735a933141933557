/** What a client prefers (RFC 7240, OData v4 protocol §8.2.8), as far as it is honoured. */
export interface Preferences {
  /** Rows of a page. */
  pageSize: number
  /** Whether an annotation is wanted. */
  annotation: (name: string) => boolean
  /** `odata.track-changes`: a link to what will have changed. */
  trackChanges: boolean
  /** The header `Preference-Applied`, when there was something to apply. */
  applied?: string
}

const DEFAULT_PAGE = 500
const LARGEST_PAGE = 5000
const LONGEST = 1000

export function parsePrefer(header: string | string[] | undefined): Preferences {
  if (header === undefined) return NOTHING_PREFERRED
  const text = [header ?? ''].flat().join(',').slice(0, LONGEST)
  const size = /(?:^|[,;\s])(?:odata\.)?maxpagesize\s*=\s*"?(\d{1,9})"?/i.exec(text)?.[1]
  const include = /(?:^|[,;\s])(?:odata\.)?include-annotations\s*=\s*(?:"([\w.*,\s-]*)"|([\w.*-]+))/i.exec(text)
  const patterns = (include?.[1] ?? include?.[2] ?? '')
    .split(',')
    .map((pattern) => pattern.trim())
    .filter(Boolean)
  const pageSize = Math.min(Math.max(Number(size ?? DEFAULT_PAGE), 1), LARGEST_PAGE)
  const trackChanges = /(?:^|[,;\s])(?:odata\.)?track-changes(?:$|[,;\s])/i.test(text)
  const applied = [
    ...(size === undefined ? [] : [`odata.maxpagesize=${pageSize}`]),
    ...(patterns.length ? [`odata.include-annotations="${patterns.join(',')}"`] : []),
    ...(trackChanges ? ['odata.track-changes'] : []),
  ]
  return {
    pageSize,
    annotation: (name) => wanted(patterns, name),
    trackChanges,
    ...(applied.length ? { applied: applied.join(', ') } : {}),
  }
}

const NOTHING_PREFERRED: Preferences = { pageSize: DEFAULT_PAGE, annotation: () => false, trackChanges: false }

/** The pattern that says most decides; `-` before it excludes. */
function wanted(patterns: readonly string[], name: string): boolean {
  const matching = patterns
    .map((pattern) => ({ excluded: pattern.startsWith('-'), text: pattern.replace(/^-/, '') }))
    .filter(({ text }) => (text.endsWith('*') ? name.startsWith(text.slice(0, -1)) : name === text))
    .sort((a, b) => b.text.length - a.text.length)
  return matching[0] !== undefined && !matching[0].excluded
}

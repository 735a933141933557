/** `a('x')/microsoft.graph.delta()` and `a/x/delta` are the same. */
export function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter(Boolean)
    .flatMap((raw) => {
      const segment = decodeURIComponent(raw).replace(/^microsoft\.graph\./, '')
      const keyed = /^(\w+)\('(.*)'\)$/.exec(segment)
      return keyed ? [keyed[1] as string, keyed[2] as string] : [segment.replace(/\(\)$/, '')]
    })
}

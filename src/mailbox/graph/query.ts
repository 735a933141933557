/** A query string with OData's own signs kept as they are. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const parts = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`],
  )
  return parts.length ? `?${parts.join('&')}` : ''
}

/** A string literal of OData: quotes are doubled. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** An id as a segment of a path. */
export function segment(id: string): string {
  return encodeURIComponent(id)
}

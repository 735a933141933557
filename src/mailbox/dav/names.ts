/** What the prefixes mean from one element on, and the names that were met there. */
interface Scope {
  /** Namespace by prefix; the default one by ''. */
  namespaces: ReadonlyMap<string, string>
  names: Map<string, string>
}

/**
 * Names of elements by their namespace, whatever prefix a server gave it. Resolved here, since the parser is several times
 * as fast without namespaces, and all parsers of a process must be alike to be fast.
 * Source: Namespaces in XML 1.0, third edition.
 */
export class ElementNames {
  readonly #prefixes: Readonly<Record<string, string>>
  readonly #scopes: Scope[] = [
    { namespaces: new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]), names: new Map() },
  ]

  /** @param prefixes what stands before a name instead of its namespace; nothing for other namespaces */
  constructor(prefixes: Readonly<Record<string, string>>) {
    this.#prefixes = prefixes
  }

  /** For each element that opens. @returns its name as we call it; undefined for a prefix that was not declared */
  open(qualified: string, attributes: Readonly<Record<string, string>>): string | undefined {
    const scope = this.#scopeOf(attributes)
    this.#scopes.push(scope)
    const known = scope.names.get(qualified)
    if (known !== undefined) return known
    const colon = qualified.indexOf(':')
    const namespace = scope.namespaces.get(colon < 0 ? '' : qualified.slice(0, colon))
    if (namespace === undefined && colon >= 0) return undefined
    const name = `${this.#prefixes[namespace ?? ''] ?? ''}${qualified.slice(colon + 1)}`
    if (scope.names.size < 1_000) scope.names.set(qualified, name)
    return name
  }

  close(): void {
    this.#scopes.pop()
  }

  #scopeOf(attributes: Readonly<Record<string, string>>): Scope {
    const outer = this.#scopes.at(-1) as Scope
    let namespaces: Map<string, string> | undefined
    for (const name in attributes) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue
      namespaces ??= new Map(outer.namespaces)
      namespaces.set(name.slice('xmlns:'.length), attributes[name] ?? '')
    }
    return namespaces ? { namespaces, names: new Map() } : outer
  }
}

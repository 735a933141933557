const AT_MOST = { cookies: 30, characters: 4_096 } as const

/**
 * What a server asks to be told again (RFC 6265), as far as Exchange needs it: its cookies lead the requests of one
 * mailbox to the same machine. Kept for one server only, so domain and path play no part.
 */
export class Cookies {
  readonly #values = new Map<string, string>()

  take(header: string | string[] | undefined): void {
    for (const line of header === undefined ? [] : [header].flat()) {
      const match = /^\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256})=([^;\r\n]*)/.exec(line)
      if (!match?.[1] || (match[2] ?? '').length > AT_MOST.characters) continue
      this.#values.delete(match[1])
      if (/;\s*max-age=(0|-\d+)\b/i.test(line) || this.#values.size >= AT_MOST.cookies) continue
      this.#values.set(match[1], match[2] ?? '')
    }
  }

  get header(): string | undefined {
    if (this.#values.size === 0) return undefined
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Key, parseKeys, readKeyFile, writeKeyFile } from './keys.ts'

/** Where keys come from. */
export interface KeySource {
  /** As `REGARDING_SECRET_KEY`. */
  text?: string
  /** A key file instead of `secret.key` in the database's directory. */
  file?: string
}

/** The keys at hand: the first seals, all open. */
export class KeyRing {
  readonly keys: Key[]
  readonly #file: string | undefined

  private constructor(keys: Key[], file: string | undefined) {
    this.keys = keys
    this.#file = file
  }

  /** @throws Error when there is no key and no directory to keep one in, or the file is open to others. */
  static load(source: KeySource, directory: string | undefined): KeyRing {
    const text = source.text ?? (source.file ? undefined : process.env['REGARDING_SECRET_KEY'])
    if (text) return new KeyRing(parseKeys(text), undefined)
    const file = source.file ?? (directory && join(directory, 'secret.key'))
    if (!file) {
      throw new Error(
        'There is no secret key. Every process on a server needs the same one: set REGARDING_SECRET_KEY (openssl rand -base64 32).',
      )
    }
    return new KeyRing(readKeyFile(file), file)
  }

  get active(): Key {
    return this.keys[0] as Key
  }

  /** Makes a key the active one. The file holds it and the old ones until `forget`. */
  add(text: string = randomBytes(32).toString('base64')): void {
    const [key] = parseKeys(text) as [Key]
    const others = this.keys.filter((other) => other.id !== key.id)
    this.keys.splice(0, this.keys.length, key, ...others)
    this.#save()
  }

  /** Drops every key but the active one. */
  forget(): void {
    this.keys.splice(1)
    this.#save()
  }

  #save(): void {
    if (this.#file) writeKeyFile(this.#file, this.keys.map((key) => key.bytes.toString('base64')).join('\n'))
  }
}

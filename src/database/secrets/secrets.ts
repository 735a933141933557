import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Secrets } from '../database.ts'
import { type Key, parseKeys, readKeyFile } from './keys.ts'

export interface KeySource {
  /** As `REGARDING_SECRET_KEY`. */
  text?: string
  /** A key file instead of `secret.key` in the database's directory. */
  file?: string
}

const VERSION = 'v1'
const IV = 12
const TAG = 16

/** @throws Error when there is no key and no directory to keep one in. */
export function openSecrets(source: KeySource, directory: string | undefined): Secrets {
  const keys = loadKeys(source, directory)
  const active = keys[0] as Key
  const byId = new Map(keys.map((key) => [key.id, key]))
  return {
    seal: (plain, context) => seal(active, plain, context),
    open: (sealed, context) => open(byId, sealed, context),
  }
}

function loadKeys(source: KeySource, directory: string | undefined): Key[] {
  const text = source.text ?? process.env['REGARDING_SECRET_KEY']
  if (text) return parseKeys(text)
  const file = source.file ?? (directory && join(directory, 'secret.key'))
  if (!file) {
    throw new Error(
      'There is no secret key. Every process on a server needs the same one: set REGARDING_SECRET_KEY (openssl rand -base64 32).',
    )
  }
  return readKeyFile(file)
}

function seal(key: Key, plain: string, context: string): string {
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(context))
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return `${VERSION}.${key.id}.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`
}

function open(keys: ReadonlyMap<string, Key>, sealed: string, context: string): string {
  const [version, id, body] = sealed.split('.')
  if (version !== VERSION || !id || !body) throw new Error(`The secret of ${context} is not one that was sealed here.`)
  const key = keys.get(id)
  if (!key) {
    throw new Error(
      `The secret of ${context} was sealed with key ${id}, which is not at hand. Add that key to REGARDING_SECRET_KEY or the key file, or enter the secret again.`,
    )
  }
  const bytes = Buffer.from(body, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, IV), { authTagLength: TAG })
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV, IV + TAG))
    return Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new Error(`The secret of ${context} was altered, or moved from another place. Enter it again.`, {
      cause: error,
    })
  }
}

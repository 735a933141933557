import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Key } from './keys.ts'

const VERSION = 'v1'
const IV = 12
const TAG = 16

/** What every text begins with that `key` has sealed. */
export function sealedPrefix(key: Key): string {
  return `${VERSION}.${key.id}.`
}

export function seal(key: Key, plain: string, context: string): string {
  const iv = freshIv()
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv).setAAD(Buffer.from(context))
  const text = cipher.update(plain, 'utf8')
  cipher.final() // Brings nothing more: this mode knows no blocks to fill.
  const body = Buffer.allocUnsafe(IV + TAG + text.length)
  body.set(iv)
  body.set(cipher.getAuthTag(), IV)
  body.set(text, IV + TAG)
  return sealedPrefix(key) + body.toString('base64url')
}

export function open(keys: readonly Key[], sealed: string, context: string): string {
  const [version, id, body] = sealed.split('.')
  if (version !== VERSION || !id || !body) throw new Error(`The secret of ${context} is not one that was sealed here.`)
  const key = keys.find((key) => key.id === id)
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

let pool = Buffer.alloc(0)
let used = 0

/** Random, and never handed out twice; one call of the generator serves hundreds. */
function freshIv(): Buffer {
  if (used + IV > pool.length) {
    pool = randomBytes(IV * 340)
    used = 0
  }
  used += IV
  return pool.subarray(used - IV, used)
}

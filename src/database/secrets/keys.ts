import { createHash, randomBytes, scryptSync } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface Key {
  /** Names the key beside what it sealed; tells nothing about it. */
  id: string
  bytes: Buffer
}

const SHORTEST_PASSPHRASE = 16

/**
 * A key from text: 32 bytes as base64 or hex, or a passphrase of at least 16 characters (scrypt). Several keys,
 * separated by commas or white space: the first seals, the others only open.
 * @throws Error when a part is neither.
 */
export function parseKeys(text: string): Key[] {
  const parts = text.split(/[,\s]+/).filter((part) => part !== '')
  const keyParts = parts.map(decodeKey)
  if (parts.length > 0 && keyParts.every((bytes) => bytes !== undefined)) return keyParts.map(makeKey)
  const passphrase = text.trim()
  if (passphrase.length < SHORTEST_PASSPHRASE) {
    throw new Error(
      `The secret key is too short. Give 32 bytes as base64 or hex (openssl rand -base64 32), or a passphrase of at least ${SHORTEST_PASSPHRASE} characters.`,
    )
  }
  return [
    makeKey(scryptSync(passphrase, 'regarding secret key', 32, { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 })),
  ]
}

function decodeKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  return undefined
}

function makeKey(bytes: Buffer): Key {
  return { id: createHash('sha256').update('regarding key id').update(bytes).digest('hex').slice(0, 12), bytes }
}

/**
 * The keys of a key file, which is made with a new key when there is none.
 * @throws Error when others than its owner may read it.
 */
export function readKeyFile(file: string): Key[] {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const text = randomBytes(32).toString('base64')
    writeKeyFile(file, text)
    return parseKeys(text)
  }
  try {
    const mode = fstatSync(descriptor).mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Error(
        `The key file ${file} may be read by others (mode ${mode.toString(8)}). Make it yours alone: chmod 600 ${file}; when others may have read it, rotate the key as well.`,
      )
    }
    return parseKeys(readFileSync(descriptor, 'utf8'))
  } finally {
    closeSync(descriptor)
  }
}

/** Replaces the file's content durably. */
export function writeKeyFile(file: string, text: string): void {
  const temporary = `${file}.new`
  const descriptor = openSync(temporary, 'w', 0o600)
  try {
    writeFileSync(descriptor, `${text}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, file)
}

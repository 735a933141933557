import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { Turnstile } from '#time'

interface Cost {
  N: number
  r: number
  p: number
}

/** 32 MiB and about a fifth of a second each: as much work as OWASP's first choice, with a quarter of its memory. */
const COST: Cost = { N: 2 ** 15, r: 8, p: 3 }
const HASH_BYTES = 32
const STORED = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/

/** Each derivation takes 32 MiB and a thread of the pool that files and DNS need too. */
const turnstile = new Turnstile(2)

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, COST)
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** In constant time; `outdated` when it was hashed with other parameters than those now in use. */
export async function verifyPassword(password: string, stored: string): Promise<{ right: boolean; outdated: boolean }> {
  const [, N = '', r = '', p = '', salt = '', hash = ''] = STORED.exec(stored) ?? []
  if (!hash) throw new Error('A stored password hash is not readable; set the password anew.')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const found = await derive(password, Buffer.from(salt, 'base64url'), cost)
  const right = timingSafeEqual(found, Buffer.from(hash, 'base64url'))
  return { right, outdated: cost.N !== COST.N || cost.r !== COST.r || cost.p !== COST.p }
}

/** Takes as long as `verifyPassword`, for accounts that do not exist. */
export async function verifyNothing(password: string): Promise<void> {
  await derive(password, Buffer.alloc(16), COST)
}

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r }
  // One person, one password, however the keyboard composes its letters.
  const text = password.normalize('NFKC')
  return turnstile.pass(
    () =>
      new Promise((resolve, reject) => {
        scrypt(text, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
      }),
  )
}

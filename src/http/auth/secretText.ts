import { hash, randomBytes } from 'node:crypto'

/** What is presented to come in. The prefix tells people and secret scanners what it is. */
export type SecretKind = 'session' | 'personal' | 'application' | 'applicationSecret'

const PREFIX: Record<SecretKind, string> = {
  session: 'rgs_',
  personal: 'rgp_',
  application: 'rga_',
  applicationSecret: 'rgk_',
}

/** 256 random bits as text, with the hash by which alone it is kept. */
export function newSecret(kind: SecretKind): { secret: string; hash: string } {
  const secret = `${PREFIX[kind]}${randomBytes(32).toString('base64url')}`
  return { secret, hash: secretHash(secret) }
}

/** Undefined for what cannot be a secret of the kind. No salt: 256 random bits cannot be guessed from their hash. */
export function hashOf(kind: SecretKind, given: string): string | undefined {
  return given.length === 47 && given.startsWith(PREFIX[kind]) ? secretHash(given) : undefined
}

export function secretHash(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

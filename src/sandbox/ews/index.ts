export type { Caller, Scheme, TokenReader } from './authentication/signIn.ts'
export { type EwsFaceOptions, ewsFace } from './face.ts'
export type { ServerVersion } from './versions.ts'

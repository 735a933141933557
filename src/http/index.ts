export { createApplicationSecret } from './auth/applications.ts'
export type { AuthDependencies } from './auth/dependencies.ts'
export { setPassword } from './auth/signIn.ts'
export { createToken, type TokenScope } from './auth/tokens.ts'

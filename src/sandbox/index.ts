export * from './ews/index.ts'
export type { Application } from './login.ts'
export * from './model/index.ts'
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

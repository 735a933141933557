export type * from './model.ts'
export { ACCEPT, CORRELATION } from './model.ts'

export { openMbox } from './open.ts'

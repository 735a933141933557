export { openMaildir } from './open.ts'

export { openEws } from './open.ts'

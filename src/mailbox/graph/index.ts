export { openGraph } from './graphMailbox.ts'

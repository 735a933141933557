export { openImap } from './imapMailbox.ts'

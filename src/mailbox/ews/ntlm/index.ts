export { md4 } from './md4.ts'
export { accountOf, authenticateMessage, NEGOTIATE, passwordKey } from './messages.ts'

export { md4 } from './md4.ts'
export { type Account, accountOf, authenticateMessage, NEGOTIATE, passwordKey } from './messages.ts'

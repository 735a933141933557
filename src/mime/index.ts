export type { Address, MessageHeaders } from './headers.ts'

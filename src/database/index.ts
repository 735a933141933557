export type { Blobs, Database, Executor, Jobs, Secrets, Transaction } from './database.ts'

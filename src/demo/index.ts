export { type OnProgress, runDemo } from './demo.ts'
export { clearDemo, databaseDirectory, prepareDemo } from './directory.ts'
export { type DemoResult, type MailboxOutcomes, outcomesByMailbox, summarize } from './summary.ts'

export { type Sender, smtpSender } from './sender.ts'

import type { Flag } from '../command.ts'
import { EXCHANGE_SERVER_FLAGS } from './exchangeServer.ts'

/** How a mailbox is reached: one of the mail systems, and what signing in to it needs. */
export const CONNECTION: Readonly<Record<string, Flag>> = {
  imap: { type: 'string', value: 'host[:port]', says: 'IMAP server' },
  smtp: { type: 'string', value: 'host[:port]', says: 'SMTP server, when mail shall be sent' },
  caldav: {
    type: 'string',
    value: 'url',
    says: 'Calendars, contacts and tasks beside IMAP: https://dav.example.com/ (CalDAV, CardDAV)',
  },
  carddav: { type: 'string', value: 'url', says: 'Contacts, where they lie on another server' },
  'address-book': {
    type: 'string',
    value: 'name',
    says: 'Address book in which new contacts are made; an empty name: the main one again',
  },
  maildir: {
    type: 'string',
    value: 'path',
    says: 'A Maildir instead; %u stands for the user, %n for the part before @',
  },
  mbox: { type: 'string', value: 'path', says: 'An mbox file or folder instead, read only' },
  'exchange-online': {
    type: 'string',
    value: 'tenant',
    says: 'Exchange Online instead: the id or a domain of the tenant',
  },
  'client-id': { type: 'string', value: 'id', says: 'Application (client) id, for Exchange Online' },
  'client-secret-file': {
    type: 'string',
    reads: true,
    value: 'file',
    says: 'File that holds the client secret; - reads standard input',
  },
  'refresh-token-file': {
    type: 'string',
    reads: true,
    value: 'file',
    says: 'File that holds a refresh token of the person, where the application acts for that person only',
  },
  cloud: { type: 'string', value: 'global|usgov|usgovdod|china', says: 'The cloud of the tenant (global)' },
  'graph-url': { type: 'string', value: 'url', says: 'A sandbox or gateway in place of Microsoft Graph' },
  'login-url': { type: 'string', value: 'url', says: 'Where tokens are given in its place' },
  ...EXCHANGE_SERVER_FLAGS,
  items: {
    type: 'boolean',
    says: 'Appointments, contacts and tasks too; their first synchronization waits until it is confirmed',
  },
  security: { type: 'string', value: 'tls|starttls|none', says: 'Security of both servers (tls)' },
  ca: { type: 'string', reads: true, value: 'file', says: 'Certificate authority (PEM) to trust for the servers' },
  user: { type: 'string', value: 'name', says: 'User name on the server (the address)' },
  'password-file': {
    type: 'string',
    reads: true,
    value: 'file',
    says: 'File that holds the password; - reads standard input',
  },
  after: { type: 'string', value: 'date', says: 'Look at messages received after this date (now)' },
}

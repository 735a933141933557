import { type ColumnDefinition, completeTable, TARGETS, type TableDefinition } from '#records'

const PROTOCOLS = { 0: 'Auto-detect', 1: 'Negotiate', 2: 'NTLM', 3: 'Basic', 4: 'OAuth' } as const
const DIRECTION_STATUS = { 0: 'Not Run', 1: 'Success', 2: 'Failure' } as const
const STATE = { 0: 'Active', 1: 'Inactive' } as const

/** MB-4 … MB-19. IMAP/SMTP and Maildir are kinds of their own (B-1). */
const emailserverprofile: TableDefinition = {
  name: 'emailserverprofile',
  set: 'emailserverprofiles',
  label: 'Email server profile',
  id: 'emailserverprofileid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'EmailServerProfile',
  audit: 'people',
  columns: [
    { name: 'name', type: 'text', max: 100, required: true },
    {
      name: 'servertype',
      type: 'choice',
      required: true,
      options: {
        0: 'Exchange Online',
        1: 'Exchange Server',
        2: 'Other (POP3/SMTP)',
        3: 'IMAP/SMTP',
        4: 'Maildir',
        5: 'mbox',
        6: 'Exchange Server (hybrid)',
      },
    },
    { name: 'useautodiscover', type: 'boolean', default: false },
    { name: 'incomingserverlocation', type: 'text', max: 2084 },
    { name: 'outgoingserverlocation', type: 'text', max: 2084 },
    { name: 'incomingportnumber', type: 'integer', min: 0, maxValue: 65535 },
    { name: 'outgoingportnumber', type: 'integer', min: 0, maxValue: 65535 },
    {
      name: 'incomingsecurity',
      type: 'choice',
      default: 1,
      options: { 0: 'None', 1: 'TLS', 2: 'STARTTLS' },
    },
    {
      name: 'outgoingsecurity',
      type: 'choice',
      default: 1,
      options: { 0: 'None', 1: 'TLS', 2: 'STARTTLS' },
    },
    {
      name: 'trustedauthority',
      type: 'memo',
      max: 100_000,
      label: 'Certificate authority (PEM) trusted for this server',
    },
    {
      name: 'authenticateusing',
      type: 'choice',
      default: 0,
      options: {
        0: 'Credentials of user or queue',
        1: 'Credentials in profile',
        2: 'Server to server',
        3: 'Windows integrated',
        4: 'Anonymous',
      },
    },
    { name: 'incomingauthenticationprotocol', type: 'choice', options: PROTOCOLS, default: 0 },
    { name: 'outgoingauthenticationprotocol', type: 'choice', options: PROTOCOLS, default: 0 },
    { name: 'username', type: 'text', max: 320 },
    { name: 'password', type: 'secret' },
    { name: 'usesamesettingsforoutgoing', type: 'boolean', default: true },
    { name: 'outgoingusername', type: 'text', max: 320 },
    { name: 'outgoingpassword', type: 'secret' },
    { name: 'exchangeonlinetenantid', type: 'text', max: 253, label: 'Tenant (directory) id or domain' },
    {
      name: 'exchangeonlinecloud',
      type: 'choice',
      default: 0,
      options: { 0: 'Global', 1: 'US Government', 2: 'US Government DoD', 3: 'China' },
    },
    { name: 'oauthclientid', type: 'text', max: 100, label: 'Application (client) id' },
    { name: 'oauthclientsecret', type: 'secret' },
    { name: 'oauthrefreshtoken', type: 'secret' },
    { name: 'oauthloginlocation', type: 'text', max: 2048, label: 'Where tokens are given, if not at Microsoft' },
    { name: 'calendarserverlocation', type: 'text', max: 2048, label: 'Calendars and tasks beside mail (CalDAV)' },
    { name: 'contactserverlocation', type: 'text', max: 2048, label: 'Contacts, where they lie elsewhere (CardDAV)' },
    { name: 'useimpersonation', type: 'boolean', default: false },
    { name: 'processemailsreceivedafter', type: 'datetime' },
    { name: 'minpollingintervalinminutes', type: 'integer', min: 0, maxValue: 1440, default: 0 },
    { name: 'maxconcurrentconnections', type: 'integer', min: 1, maxValue: 65536, default: 10 },
    { name: 'timeoutmailboxconnection', type: 'boolean', default: true },
    { name: 'timeoutmailboxconnectionafteramount', type: 'integer', min: 1, maxValue: 100_000, default: 100_000 },
    { name: 'moveundeliveredemails', type: 'boolean', default: false },
    { name: 'sendemailalert', type: 'boolean', default: false },
    { name: 'encodingcodepage', type: 'text', max: 100, default: 'utf-8' },
    { name: 'isdefault', type: 'boolean', default: false, label: 'Default for new mailboxes' },
    { name: 'statecode', type: 'choice', options: STATE, default: 0 },
    { name: 'lasttestrequest', type: 'text', max: 4000 },
    { name: 'lasttestresponse', type: 'text', max: 4000 },
    { name: 'lasttestexecutionstatus', type: 'choice', options: { 0: 'Failure', 1: 'Success', 2: 'Warning' } },
    { name: 'lasttestauthorizationstatus', type: 'choice', options: { 0: 'Failure', 1: 'Success' } },
    { name: 'lasttestvalidationstatus', type: 'choice', options: { 0: 'Failure', 1: 'Success' } },
    { name: 'lastteststarttime', type: 'datetime' },
    { name: 'lasttesttotalexecutiontime', type: 'integer' },
    { name: 'lasttesterror', type: 'text', max: 4000 },
  ],
}

function directionColumns(direction: 'incomingemail' | 'outgoingemail' | 'act'): ColumnDefinition[] {
  return [
    { name: `${direction}status`, type: 'choice', options: DIRECTION_STATUS, default: 0, readOnly: true },
    { name: `enabledfor${direction}`, type: 'boolean', default: false, readOnly: true },
    { name: `${direction}lasterror`, type: 'text', max: 4000, readOnly: true, personal: true },
  ]
}

/** MB-30 … MB-46. Schedule state (MO-80) lies with the schedule, not here. */
const mailbox: TableDefinition = {
  name: 'mailbox',
  set: 'mailboxes',
  label: 'Mailbox',
  id: 'mailboxid',
  primaryName: 'name',
  ownership: 'user',
  privilege: 'Mailbox',
  audit: 'people',
  columns: [
    { name: 'name', type: 'text', max: 160, required: true },
    { name: 'kind', type: 'choice', required: true, options: { 0: 'User', 1: 'Queue', 2: 'Forward' }, default: 0 },
    { name: 'regardingobjectid', type: 'lookup', targets: ['systemuser', 'queue'], goesAlong: true },
    { name: 'isprimary', type: 'boolean', default: true, label: 'First mailbox of its user (B-3)' },
    { name: 'emailaddress', type: 'text', max: 100 },
    { name: 'emailserverprofile', type: 'lookup', targets: ['emailserverprofile'] },
    {
      name: 'incomingemaildeliverymethod',
      type: 'choice',
      default: 0,
      options: { 0: 'None', 1: 'Client', 2: 'Server-side synchronization', 3: 'Forward mailbox' },
    },
    {
      name: 'outgoingemaildeliverymethod',
      type: 'choice',
      default: 0,
      options: { 0: 'None', 1: 'Client', 2: 'Server-side synchronization' },
    },
    {
      name: 'actdeliverymethod',
      type: 'choice',
      default: 2,
      options: { 0: 'Client', 1: 'Server-side synchronization', 2: 'None' },
    },
    ...directionColumns('incomingemail'),
    ...directionColumns('outgoingemail'),
    ...directionColumns('act'),
    { name: 'mainaddressbook', type: 'text', max: 300, label: 'Address book of new contacts, if not the main one' },
    {
      name: 'emailrouteraccessapproval',
      type: 'choice',
      default: 0,
      options: { 0: 'Empty', 1: 'Approved', 2: 'Pending approval', 3: 'Rejected' },
      readOnly: true,
    },
    { name: 'isemailaddressapprovedbyo365admin', type: 'boolean', default: false, readOnly: true },
    { name: 'allowemailconnectortousecredentials', type: 'boolean', default: false },
    { name: 'username', type: 'text', max: 320 },
    { name: 'password', type: 'secret' },
    { name: 'oauthrefreshtoken', type: 'secret' },
    { name: 'processanddeleteemails', type: 'boolean', default: false },
    { name: 'processemailreceivedafter', type: 'datetime' },
    { name: 'testmailboxaccesscompletedon', type: 'datetime', readOnly: true },
    {
      name: 'mailboxteststatus',
      type: 'choice',
      options: { 0: 'None', 1: 'Test scheduled', 2: 'Done' },
      default: 0,
      readOnly: true,
    },
    {
      name: 'incomingfilter',
      type: 'choice',
      options: { 0: 'All', 1: 'Replies', 2: 'Leads, contacts and accounts', 3: 'Email-enabled records', 4: 'None' },
      label: 'Convert incoming email to activities (queues)',
    },
    { name: 'verboselogging', type: 'integer', min: 0, maxValue: 100, default: 0 },
    { name: 'statecode', type: 'choice', options: STATE, default: 0 },
  ],
  indexes: [['regardingobjectid'], ['emailserverprofile'], ['emailaddress']],
}

/** FT-17. */
const mailboxtrackingfolder: TableDefinition = {
  name: 'mailboxtrackingfolder',
  set: 'mailboxtrackingfolders',
  label: 'Folder mapping',
  id: 'mailboxtrackingfolderid',
  primaryName: 'foldername',
  ownership: 'user',
  columns: [
    { name: 'mailboxid', type: 'lookup', targets: ['mailbox'], required: true, goesAlong: true }, // FT-55
    { name: 'exchangefolderid', type: 'text', max: 512, required: true, label: 'Folder' },
    { name: 'foldername', type: 'text', max: 256 },
    { name: 'fingerprint', type: 'text', max: 120, readOnly: true },
    { name: 'regardingobjectid', type: 'lookup', targets: [TARGETS.regarding] },
    { name: 'alwaysreapply', type: 'boolean', default: false, label: 'Always re-apply the regarding (B-50)' },
    {
      name: 'folderonboardingstatus',
      type: 'choice',
      options: { 0: 'Not started', 1: 'In progress', 2: 'Done' },
      default: 0,
      readOnly: true,
    },
    {
      name: 'mappingstate',
      type: 'choice',
      options: { 0: 'Valid', 1: 'Invalid', 2: 'Disabled' },
      default: 0,
      readOnly: true,
    },
  ],
  keys: [{ name: 'mailboxtrackingfolder_folder', columns: ['mailboxid', 'exchangefolderid'] }], // FT-14
}

/** MO-1: an alert. */
const tracelog: TableDefinition = {
  name: 'tracelog',
  audit: 'none',
  set: 'tracelogs',
  label: 'Alert',
  id: 'tracelogid',
  primaryName: 'title',
  ownership: 'user',
  columns: [
    { name: 'level', type: 'choice', options: { 1: 'Information', 2: 'Warning', 3: 'Error' }, required: true },
    {
      name: 'scope',
      type: 'choice',
      options: { 1: 'Email', 2: 'Mailbox', 3: 'Profile', 4: 'Webhook' },
      required: true,
    },
    { name: 'code', type: 'text', max: 100, required: true },
    { name: 'title', type: 'text', max: 200, required: true, personal: true },
    { name: 'text', type: 'memo', max: 4000, personal: true },
    { name: 'helplink', type: 'text', max: 500, format: 'url' },
    {
      name: 'regardingobjectid',
      type: 'lookup',
      targets: ['email', 'mailbox', 'emailserverprofile', 'webhook'],
      required: true,
      goesAlong: true,
    },
    { name: 'occurredon', type: 'datetime', required: true },
    { name: 'occurrences', type: 'integer', default: 1 },
    { name: 'resolvedon', type: 'datetime' },
    { name: 'question', type: 'text', max: 500, personal: true },
    { name: 'answer', type: 'choice', options: { 0: 'No', 1: 'Yes' } },
  ],
  indexes: [
    ['ownerid', 'occurredon'],
    ['regardingobjectid', 'code'],
  ],
}

export const mailboxTables: readonly TableDefinition[] = [
  emailserverprofile,
  mailbox,
  mailboxtrackingfolder,
  tracelog,
].map(completeTable)

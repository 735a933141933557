import { type Reference, ROLES, ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { type Regarding, testMailboxes } from '#sync'
import { addProfile } from '../../prove/support/office.ts'
import { type Dovecot, startDovecot } from '../../support/dovecot.ts'
import { type Postfix, startPostfix } from '../../support/smtp.ts'

/** A real mail server for mailboxes (Dovecot) and one that takes mail for `test.example` (Postfix). */
export interface Servers {
  dovecot: Dovecot
  postfix: Postfix
  /** Users of Dovecot who send. */
  senders: string[]
  stop(): Promise<void>
}

export const RECIPIENT = 'dora'

export async function startServers(count: number): Promise<Servers> {
  const dovecot = await startDovecot()
  const senders = Array.from({ length: count }, () => dovecot.newUser())
  const postfix = await startPostfix([RECIPIENT, ...senders])
  return {
    dovecot,
    postfix,
    senders,
    stop: async () => {
      await postfix.stop()
      await dovecot.stop()
    },
  }
}

export interface Sender {
  id: string
  mailboxId: string
  address: string
  user: string
}

/** Users whose mailboxes are read by IMAP and send by SMTP, tested and enabled; and whom they write to. */
export async function settle(
  regarding: Regarding,
  servers: Servers,
): Promise<{ senders: Sender[]; recipient: Reference }> {
  const { dovecot, postfix } = servers
  await addProfile(regarding, {
    name: 'Dovecot and Postfix',
    servertype: 3,
    incomingserverlocation: dovecot.host,
    incomingportnumber: dovecot.port,
    incomingsecurity: 0,
    outgoingserverlocation: 'localhost',
    outgoingportnumber: postfix.port,
    outgoingsecurity: 2,
    trustedauthority: postfix.ca,
  })
  const senders: Sender[] = []
  for (const user of servers.senders) senders.push(await addSender(regarding, user))
  const ids = senders.map(({ mailboxId }) => mailboxId)
  await regarding.mailboxes.approve(SYSTEM, ids)
  const results = [...(await testMailboxes(regarding, SYSTEM, ids)).values()].flat()
  const failed = results.find((result) => result.status === 'failure')
  if (failed) throw new Error(failed.text)
  const system = regarding.records.as(SYSTEM)
  const values = { firstname: 'Dora', lastname: 'Lind', emailaddress1: `${RECIPIENT}@test.example` }
  const owner = { table: 'systemuser', id: (senders[0] as Sender).id }
  return { senders, recipient: { table: 'contact', id: await system.create('contact', { ...values, ownerid: owner }) } }
}

async function addSender(regarding: Regarding, user: string): Promise<Sender> {
  const system = regarding.records.as(SYSTEM)
  const address = `${user}@test.example`
  const id = await system.create('systemuser', {
    firstname: 'Sender',
    lastname: user,
    internalemailaddress: address,
    domainname: address,
    businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
  })
  await system.create('systemuserroles', {
    systemuserid: { table: 'systemuser', id },
    roleid: { table: 'role', id: ROLES.salesperson },
  })
  await regarding.options.setPersonal(SYSTEM, id, { Track: 'Replies' })
  const mailboxId = String((await regarding.mailboxes.find(SYSTEM, address))['mailboxid'])
  await regarding.records.as(SYSTEM).update('mailbox', mailboxId, {
    allowemailconnectortousecredentials: true,
    username: user,
    password: 'secret',
    actdeliverymethod: 2,
  })
  return { id, mailboxId, address, user }
}

/** The Message-IDs of what lies in the recipient's mailbox. */
export async function arrivedAt({ postfix }: Servers): Promise<string[]> {
  const sources = await postfix.delivered(RECIPIENT, 0)
  return sources.map((source) => /^message-id: *(<[^>]+>)/im.exec(source)?.[1] ?? '')
}

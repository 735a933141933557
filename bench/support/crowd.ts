import { sql } from 'kysely'
import { ROLES, ROOT_BUSINESS_UNIT, SYSTEM, type Values } from '#records'
import type { Regarding } from '#sync'

interface CrowdMember {
  address: string
  /** Of the mailbox's record: who signs in. */
  mailbox: Values
}

/** Users with mailboxes on one server, ready to be read. @returns the ids of the mailboxes */
export async function addCrowd(
  regarding: Regarding,
  profile: Values,
  members: readonly CrowdMember[],
  what: 'mail' | 'items' = 'mail',
): Promise<string[]> {
  const system = regarding.records.as(SYSTEM)
  const owner = await addUser('owner@adatum.example')
  const profileId = await regarding.mailboxes.createProfile(SYSTEM, {
    ...profile,
    isdefault: true,
    ownerid: { table: 'systemuser', id: owner },
  })
  const ids: string[] = []
  for (const member of members) ids.push(await addMailbox(member))
  return ids

  function addUser(address: string): Promise<string> {
    return system.create('systemuser', {
      lastname: address,
      internalemailaddress: address,
      domainname: address,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
  }

  async function addMailbox({ address, mailbox }: CrowdMember): Promise<string> {
    const user = await addUser(address)
    if (what === 'items')
      await system.create('systemuserroles', {
        systemuserid: { table: 'systemuser', id: user },
        roleid: { table: 'role', id: ROLES.salesperson },
      })
    const { rows } = await sql<{ id: string }>`
      select mailboxid as id from mailbox where regardingobjectid = ${user}`.execute(regarding.database.sql)
    const id = rows[0]?.id as string
    await system.update('mailbox', id, {
      ...mailbox,
      emailserverprofile: { table: 'emailserverprofile', id: profileId },
      ...(what === 'items'
        ? { incomingemaildeliverymethod: 0, actdeliverymethod: 1 }
        : { incomingemaildeliverymethod: 2 }),
    })
    await regarding.mailboxes.approve(SYSTEM, [id])
    await system.update('mailbox', id, what === 'items' ? { enabledforact: true } : { enabledforincomingemail: true })
    return id
  }
}

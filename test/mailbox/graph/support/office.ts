import { SYSTEM } from '#records'
import { type Message, newMessage, type Sandbox, startSandbox, type User } from '#sandbox'
import { testMailboxes } from '#sync'
import { addUser, type Company, mail, openCompany, type Person } from '../../../incoming/support/company.ts'
import { openTestInstallation } from '../../../support/database.ts'
import { countRequests } from './counting.ts'

/** A company whose new people have their mailboxes in a sandbox of Exchange Online. */
export interface Office extends Company {
  sandbox: Sandbox
  requests: ReturnType<typeof countRequests>
  /** Somebody with a mailbox, tested and enabled. */
  hire(name: string): Promise<{ person: Person; user: User }>
  post(user: User, given: Parameters<typeof mail>[0], received?: Date): Promise<Message>
}

export async function openOffice(): Promise<Office> {
  const company = await openCompany(await openTestInstallation())
  const { regarding } = company
  const sandbox = await startSandbox({ clock: company.clock })
  const profile = await regarding.mailboxes.createProfile(SYSTEM, {
    name: 'Exchange Online',
    servertype: 0,
    authenticateusing: 2,
    exchangeonlinetenantid: sandbox.login.tenant,
    oauthclientid: 'sandbox-client',
    oauthclientsecret: 'sandbox-secret',
    incomingserverlocation: sandbox.graphUrl,
    oauthloginlocation: sandbox.url,
    processemailsreceivedafter: new Date('2025-01-01T00:00:00Z'),
  })
  return {
    ...company,
    sandbox,
    requests: countRequests(sandbox),
    async hire(name) {
      const address = `${name.toLowerCase()}@contoso.example`
      const user = sandbox.world.addUser({ address, name })
      const person = await addUser(regarding, name, 'Test', address)
      await regarding.mailboxes.approve(SYSTEM, [person.mailboxId])
      await regarding.mailboxes.update(SYSTEM, person.mailboxId, {
        emailserverprofile: { table: 'emailserverprofile', id: profile },
      })
      const results = await testMailboxes(regarding, SYSTEM, [person.mailboxId])
      const failed = results.get(person.mailboxId)?.find(({ status }) => status === 'failure')
      if (failed) throw new Error(`${address}: ${failed.text}`)
      return { person, user }
    },
    async post(user, given, received = company.clock.now()) {
      const notes = { received }
      const message = await newMessage(user.mailbox, mail({ to: user.address, ...given }), notes)
      return user.mailbox.add<Message>(user.mailbox.wellKnown('inbox').id, message, 'newMail')
    },
    async close() {
      await sandbox.close()
      await company.close()
    },
  }
}

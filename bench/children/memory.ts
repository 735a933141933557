import { sql } from 'kysely'
import type { Target } from '#database'
import { ROOT_BUSINESS_UNIT, SYSTEM } from '#records'
import { openRegarding, startWorker } from '#sync'
import { systemClock } from '#time'

export interface MemoryJob {
  target: Target
  host: string
  port: number
  users: string[]
}

export interface MemoryResult {
  /** Megabytes of this process: with the installation open, and with all mailboxes read and watched. */
  before: number
  after: number
  watched: number
}

/** A worker finds mailboxes due for so long at most. */
const LONGEST = 300_000

const job = JSON.parse(process.argv[2] as string) as MemoryJob
process.stdout.write(`${JSON.stringify(await measure(job))}\n`)

async function measure({ target, host, port, users }: MemoryJob): Promise<MemoryResult> {
  const regarding = await openRegarding(target)
  const system = regarding.records.as(SYSTEM)
  const profile = await makeProfile()
  for (const user of users) await makeMailbox(user, profile)
  const before = await settled()
  const { rows } = await sql<{ id: string }>`select mailboxid as id from mailbox where username is not null`.execute(
    regarding.database.sql,
  )
  await regarding.schedule.enable(rows.map(({ id }) => ({ mailboxId: id, workload: 'incoming' as const })))
  const running = startWorker(regarding, {
    maximumWatches: users.length,
    onError: (error) => {
      throw error
    },
  })
  const end = Date.now() + LONGEST
  while (running.watches.count < users.length && Date.now() < end) await systemClock.sleep(200)
  await systemClock.sleep(2_000)
  const after = await settled()
  const watched = running.watches.count
  await running.stop()
  await regarding.close()
  return { before, after, watched }

  async function makeProfile(): Promise<string> {
    const owner = await makeUser('owner@adatum.example')
    return regarding.mailboxes.createProfile(SYSTEM, {
      name: 'Dovecot',
      servertype: 3,
      incomingserverlocation: host,
      incomingportnumber: port,
      incomingsecurity: 0,
      isdefault: true,
      ownerid: { table: 'systemuser', id: owner },
    })
  }

  function makeUser(address: string): Promise<string> {
    return system.create('systemuser', {
      lastname: address,
      internalemailaddress: address,
      domainname: address,
      businessunitid: { table: 'businessunit', id: ROOT_BUSINESS_UNIT },
    })
  }

  async function makeMailbox(user: string, emailserverprofile: string): Promise<void> {
    const owner = await makeUser(`${user}@adatum.example`)
    const { rows: made } = await sql<{ id: string }>`
      select mailboxid as id from mailbox where regardingobjectid = ${owner}`.execute(regarding.database.sql)
    const id = made[0]?.id as string
    await system.update('mailbox', id, {
      emailserverprofile: { table: 'emailserverprofile', id: emailserverprofile },
      username: user,
      password: 'secret',
      incomingemaildeliverymethod: 2,
    })
    await regarding.mailboxes.approve(SYSTEM, [id])
    await system.update('mailbox', id, { enabledforincomingemail: true })
  }
}

/** Resident megabytes after everything that can go has gone. */
async function settled(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await systemClock.sleep(200)
  }
  return process.memoryUsage.rss() / 1024 / 1024
}

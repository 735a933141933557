import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Capabilities } from '#mailbox'
import { type Dovecot, type DovecotOptions, startDovecot } from '../../support/dovecot.ts'
import { conformance } from '../conformance.ts'
import { imapBench } from './open.ts'

/** What every IMAP server has, and what Dovecot announces beside it. */
const BASE = 'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE LITERAL+ NAMESPACE UNSELECT CHILDREN AUTH=PLAIN'
const LISTING = 'LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH'

interface Server {
  name: string
  options: DovecotOptions
  /** What the connector must make of it. */
  can: Partial<Capabilities>
}

const servers: Server[] = [
  {
    name: 'with everything it offers',
    options: {},
    can: { removals: 'exact', flagChanges: 'exact', push: true, stableFolderIds: true, categories: true },
  },
  {
    name: 'without CONDSTORE and QRESYNC',
    options: { capabilities: `${BASE} ${LISTING} IDLE UIDPLUS MOVE` },
    can: { removals: 'compared', flagChanges: 'compared', push: true },
  },
  {
    name: 'with CONDSTORE, without QRESYNC, MOVE and UIDPLUS',
    options: { capabilities: `${BASE} ${LISTING} IDLE CONDSTORE` },
    can: { removals: 'compared', flagChanges: 'exact', move: true },
  },
  {
    name: 'without IDLE',
    options: { capabilities: `${BASE} ${LISTING} UIDPLUS MOVE CONDSTORE QRESYNC` },
    can: { removals: 'exact', push: false },
  },
  {
    name: 'with nothing but IMAP4rev1',
    options: { capabilities: 'IMAP4rev1 AUTH=PLAIN', specialUse: false },
    can: { removals: 'compared', flagChanges: 'compared', push: false, move: true },
  },
]

for (const { name, options, can } of servers) {
  describe(`Dovecot ${name}`, () => {
    let dovecot: Dovecot
    beforeAll(async () => {
      dovecot = await startDovecot(options)
    })
    afterAll(() => dovecot.stop())

    test('B-1: the connector says what the server can do', async () => {
      const bench = await imapBench(dovecot)
      expect(bench.mailbox.can).toMatchObject(can)
      await bench.mailbox.close()
      await bench.close()
    })

    conformance(`IMAP ${name}`, () => imapBench(dovecot), { runs: 8 })
  })
}

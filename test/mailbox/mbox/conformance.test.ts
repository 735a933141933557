import { rm } from 'node:fs/promises'
import { openMailbox } from '#mailbox'
import { systemClock } from '#time'
import { conformance } from '../conformance.ts'
import { MboxClient } from './client.ts'

conformance(
  'mbox files',
  async () => {
    const other = await MboxClient.make()
    const mailbox = await openMailbox({ kind: 'mbox', path: other.root }, { clock: systemClock })
    return { mailbox, other, losesCursors: true, close: () => rm(other.root, { recursive: true, force: true }) }
  },
  { runs: 40 },
)

import { expect, test } from 'vitest'
import { conformance } from '../conformance.ts'
import { graphBench } from './support/bench.ts'

test('B-1: the connector says what Exchange Online can do', async () => {
  const bench = await graphBench()
  expect(bench.mailbox.can).toEqual({
    kind: 'graph',
    write: true,
    stableFolderIds: true,
    categories: true,
    move: true,
    send: true,
    filesSent: true,
    push: false,
    removals: 'exact',
    flagChanges: 'exact',
  })
  await bench.mailbox.close()
  await bench.close()
})

conformance('Exchange Online over Microsoft Graph', graphBench, { runs: 25 })

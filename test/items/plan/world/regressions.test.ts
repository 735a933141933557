import { describe, expect, it } from 'vitest'
import { play } from './play.ts'

/** What random worlds found once, as short as it shrinks. */
describe('orders of events that went wrong once', () => {
  it('CT-30: a contact whose deletion was interrupted is not lost by whom the CRM then says to own it', () => {
    const world = play({}, [['createRecord'], ['cycle'], ['passOn', 0, 1], ['crash'], ['changeAccess']])
    expect(world.mailbox(0).items.size).toBe(1)
  })
})

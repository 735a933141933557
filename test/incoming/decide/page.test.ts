import { describe, expect, it } from 'vitest'
import { decidePage, type PageItem } from '../../../src/sync/incoming/decide/index.ts'
import { ACCEPT } from '../../../src/sync/incoming/model.ts'
import { inFolder, type World, world } from './world.ts'

const anna = 'anna@contoso.example'

function page(w: World, ...items: (PageItem['message'] | PageItem)[]): PageItem[] {
  return items.map((item) => ('trigger' in item ? item : { message: item, trigger: { kind: 'automatic' } }))
}

describe('messages of one page know of each other', () => {
  it('T-41: a reply correlates with a message tracked before it on the page', () => {
    const w = world()
    const user = w.user('Anna')
    const start = w.email({ regarding: { table: 'opportunity', id: 'o1' }, token: 'CRM:0001001' })
    const first = w.message({ to: [anna], inReplyTo: start.key })
    const second = w.message({ to: [anna], inReplyTo: first.key })
    const decisions = decidePage(page(w, first, second), w.knowledge(user))
    expect(decisions.map((decision) => decision.reason)).toEqual(['AutomaticReply', 'AutomaticReply'])
    expect(decisions[1]?.plan).toMatchObject({
      parentEmailId: first.ids.email,
      threadId: start.threadId,
      token: 'CRM:0001001',
      regarding: { record: { table: 'opportunity', id: 'o1' } },
    })
  })

  it('T-41: a reply that comes before what it answers does not', () => {
    const w = world()
    const user = w.user('Anna', { acceptance: ACCEPT.all })
    const first = w.message({ to: [anna] })
    const reply = w.message({ to: [anna], inReplyTo: first.key })
    expect(decidePage(page(w, reply, first), w.knowledge(user))[0]?.plan?.parentEmailId).toBeUndefined()
  })

  it('T-76: the second message of a new sender uses the contact made for the first', () => {
    const w = world()
    const user = w.user('Anna', { acceptance: ACCEPT.all, create: 'contact' })
    const messages = [w.message({ to: [anna] }), w.message({ to: [anna], from: 'CARLA@adatum.example' })] as const
    const [first, second] = decidePage(page(w, ...messages), w.knowledge(user))
    const contact = { table: 'contact', id: messages[0].ids.person }
    expect(first?.plan?.autoCreate?.id).toBe(contact.id)
    expect(second?.plan?.autoCreate).toBeUndefined()
    expect(second?.plan?.parties[0]).toMatchObject({ role: 'from', record: contact })
  })

  it('T-23: and is then known to a filter', () => {
    const w = world()
    const user = w.user('Anna', { acceptance: ACCEPT.leadsContactsAccounts, create: 'contact' })
    const marked: PageItem = { message: w.message(), trigger: { kind: 'category' } }
    const decisions = decidePage(
      page(w, w.message({ to: [anna] }), marked, w.message({ to: [anna] })),
      w.knowledge(user),
    )
    expect(decisions.map((decision) => decision.reason)).toEqual([
      'NoCorrelationMatch',
      'ManualCategory',
      'AutomaticKnownSender',
    ])
  })

  it('T-85: the second copy of a message is linked to the first', () => {
    const w = world()
    const user = w.user('Anna', { acceptance: ACCEPT.all })
    const first = w.message({ to: [anna], messageId: '<x>' })
    const second = w.message({ to: [anna], messageId: '<x>' })
    const decisions = decidePage(page(w, first, second), w.knowledge(user))
    expect(decisions[1]).toMatchObject({ outcome: 'linked', link: { emailId: first.ids.email } })
  })

  it('T-83: never two items of one email in one queue', () => {
    const w = world({ createAdditionalQueueItemsForAlreadyTrackedEmail: true })
    const sales = w.queue('Sales')
    w.email({ key: '<x>', direction: 'incoming' })
    const copies = [1, 2, 3].map(() => w.message({ messageId: '<x>' }))
    const queues = decidePage(page(w, ...copies), w.knowledge(sales)).flatMap((decision) => decision.link?.queues ?? [])
    expect(queues).toEqual([sales.id])
  })

  it('B-50: a choice made on the page holds for the conversation', () => {
    const w = world()
    const user = w.user('Anna')
    const account = { table: 'account', id: 'a1' }
    const first = w.message()
    const chosen: PageItem = { message: first, trigger: { kind: 'api', userId: user.id, regarding: account } }
    const reply: PageItem = {
      message: w.message({ inReplyTo: first.key, place: 'mapped' }),
      trigger: inFolder({ regarding: { table: 'account', id: 'a2' } }),
    }
    const decisions = decidePage([chosen, reply], w.knowledge(user))
    expect(decisions[1]?.plan?.regarding).toEqual({ record: account, from: 'thread' })
  })

  it('FT-27: two mappings that meet one email on a page: the first sets what it regards', () => {
    const w = world()
    const user = w.user('Anna')
    const rules = ['m1', 'm2'].map((id) => inFolder({ id, regarding: { table: 'account', id } }))
    const items = rules.map(
      (trigger): PageItem => ({ message: w.message({ messageId: '<x>', place: 'mapped' }), trigger }),
    )
    const [first, second] = decidePage(items, w.knowledge(user))
    expect(first?.plan?.regarding?.record.id).toBe('m1')
    expect(second?.outcome).toBe('linked')
    expect(second?.link?.regarding).toBeUndefined()
  })
})

import fc from 'fast-check'
import type { PageItem } from '../../../src/sync/incoming/decide/index.ts'
import type { TrackingSettings } from '../../../src/sync/incoming/model.ts'
import { type Colleague, DEFAULT_SETTINGS, day, inFolder, threadIndex, type World, world } from './world.ts'

/** Everything a random world is made of, small enough that things often meet. */
export interface Sketch {
  settings: Partial<TrackingSettings>
  processing: number
  colleagues: {
    queue: boolean
    acceptance: 0 | 1 | 2 | 3 | 4
    processes: boolean
    may: boolean
    creates: boolean
    active: boolean
  }[]
  outsiders: { table: string; address: number; active: boolean; owner: number }[]
  emails: {
    id: number
    outgoing: boolean
    token: boolean
    thread: boolean
    untracked: boolean
    regarding: boolean
    owner: number
  }[]
  stopped: boolean
  blocked: number | undefined
  messages: {
    from: number
    to: number[]
    cc: number[]
    id: number
    inReplyTo: number | undefined
    token: boolean
    thread: boolean
    sent: boolean
    trigger: 'automatic' | 'category' | 'folder' | 'api'
    kind: 'message' | 'meeting' | 'report'
    secret: boolean
  }[]
}

const flags = Object.entries(DEFAULT_SETTINGS).flatMap(([name, value]) => (typeof value === 'boolean' ? [name] : []))
const settings = fc
  .record(Object.fromEntries(flags.map((name) => [name, fc.boolean()])), { requiredKeys: [] })
  .map((value) => value as Partial<TrackingSettings>)
const COLLEAGUES = 3
const who = fc.nat({ max: 5 })
const option = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

export const sketches: fc.Arbitrary<Sketch> = fc.record({
  settings,
  processing: fc.nat({ max: COLLEAGUES - 1 }),
  colleagues: fc.array(
    fc.record({
      queue: fc.boolean(),
      acceptance: fc.constantFrom(0, 1, 2, 3, 4),
      processes: fc.boolean(),
      may: fc.boolean(),
      creates: fc.boolean(),
      active: fc.boolean(),
    }),
    { minLength: COLLEAGUES, maxLength: COLLEAGUES },
  ),
  outsiders: fc.array(
    fc.record({
      table: fc.constantFrom('contact', 'account', 'lead', 'new_supplier', 'systemuser'),
      address: who,
      active: fc.boolean(),
      owner: who,
    }),
    { maxLength: 5 },
  ),
  emails: fc.array(
    fc.record({
      id: fc.nat({ max: 4 }),
      outgoing: fc.boolean(),
      token: fc.boolean(),
      thread: fc.boolean(),
      untracked: fc.boolean(),
      regarding: fc.boolean(),
      owner: who,
    }),
    { maxLength: 4 },
  ),
  stopped: fc.boolean(),
  blocked: option(who),
  messages: fc.array(
    fc.record({
      from: fc.nat({ max: 6 }),
      to: fc.array(who, { maxLength: 3 }),
      cc: fc.array(who, { maxLength: 2 }),
      id: fc.nat({ max: 4 }),
      inReplyTo: option(fc.nat({ max: 4 })),
      token: fc.boolean(),
      thread: fc.boolean(),
      sent: fc.boolean(),
      trigger: fc.constantFrom('automatic', 'automatic', 'automatic', 'category', 'folder', 'api'),
      kind: fc.constantFrom('message', 'message', 'message', 'meeting', 'report'),
      secret: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

const addressOf = (index: number) =>
  index < COLLEAGUES ? `colleague${index}@contoso.example` : index < 6 ? `outsider${index}@adatum.example` : 'nobody'
const keyOf = (id: number) => `<message-${id}@x.example>`
const regarding = { table: 'account', id: 'regarded' }

/** Builds the same world, with the same ids, every time. */
export function build(sketch: Sketch): { w: World; processing: Colleague; items: PageItem[] } {
  const w = world(sketch.settings)
  const colleagues = sketch.colleagues.map((one, index) => {
    const more = {
      address: addressOf(index),
      acceptance: one.acceptance,
      processes: one.processes,
      ownerMayWriteEmail: one.may,
      create: one.creates ? ('contact' as const) : ('off' as const),
    }
    return one.queue ? w.queue(`Queue ${index}`, more) : w.user(`User ${index}`, { ...more, active: one.active })
  })
  const ownerOf = (index: number) =>
    (colleagues[index] ?? colleagues[0])?.reference ?? { table: 'systemuser', id: 'nobody' }
  for (const { table, address, active, owner } of sketch.outsiders)
    w.record(table, addressOf(address), { active, ...(table === 'systemuser' ? {} : { owner: ownerOf(owner) }) })
  for (const [index, one] of sketch.emails.entries())
    if (!w.emails.some((other) => other.key === keyOf(one.id) && (other.direction === 'outgoing') === one.outgoing))
      w.email({
        key: keyOf(one.id),
        direction: one.outgoing ? 'outgoing' : 'incoming',
        owner: ownerOf(one.owner),
        untracked: one.untracked,
        createdOn: day(index + 1),
        threadId: 'thread',
        ...(one.regarding ? { regarding } : {}),
        ...(one.token ? { token: 'CRM:0001001' } : {}),
        ...(one.thread ? { threadIndex: threadIndex(1) } : {}),
      })
  if (sketch.stopped) w.choose('thread', { stopped: true })
  if (sketch.blocked !== undefined)
    w.blockRules = [{ id: 'rule', scope: 'user', kind: 'address', pattern: addressOf(sketch.blocked) }]
  const items = sketch.messages.map((one): PageItem => {
    const message = w.message({
      messageId: keyOf(one.id),
      from: addressOf(one.from),
      to: one.to.map(addressOf),
      cc: one.cc.map(addressOf),
      subject: one.token ? 'Quarterly secret CRM:0001001' : 'Quarterly secret',
      place: one.sent ? 'sent' : 'inbox',
      ...(one.inReplyTo === undefined ? {} : { inReplyTo: keyOf(one.inReplyTo) }),
      headers: {
        kind: one.kind,
        sensitivity: one.secret ? 'private' : 'normal',
        ...(one.thread ? { threadIndex: threadIndex(1, 1) } : {}),
      },
    })
    switch (one.trigger) {
      case 'folder':
        return { message, trigger: inFolder({ regarding: { table: 'account', id: 'of-folder' } }) }
      case 'api':
        return { message, trigger: { kind: 'api', userId: (colleagues[0] as Colleague).id } }
      case 'automatic':
      case 'category':
        return { message, trigger: { kind: one.trigger } }
    }
  })
  return { w, processing: colleagues[sketch.processing] as Colleague, items }
}

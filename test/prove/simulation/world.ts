import { SimulatedServer } from '#mailbox'
import { mail } from '../../incoming/support/company.ts'
import { Dice } from './dice.ts'
import type { Ground, Person } from './ground.ts'
import { type Box, Ledger, type Letter } from './ledger.ts'

/** `calm`: acts only between cycles. `storm`: acts, other cycles and takeovers also between any two effects. */
export type Weather = 'calm' | 'storm'

export interface World {
  ground: Ground
  seed: number
  weather: Weather
  server: SimulatedServer
  ledger: Ledger
  /** Decides what people and servers do. */
  dice: Dice
  settings: Record<string, boolean | number>
  pageSize: number
}

const INBOX = ['INBOX']

/** The world of a seed: the same seed, the same world. */
export async function openWorld(ground: Ground, seed: number, weather: Weather): Promise<World> {
  const dice = new Dice(seed * 2 + 1)
  const people = choosePeople(ground.people, dice)
  const server = new SimulatedServer({
    clock: ground.clock,
    seed,
    latency: dice.pick([0, 0, 50]) ?? 0,
    tellsMoves: dice.chance(0.5),
    hints: { lost: 0.3, repeated: 0.2 },
    can: {
      removals: dice.chance(0.5) ? 'exact' : 'compared',
      flagChanges: dice.chance(0.7) ? 'exact' : 'compared',
      stableFolderIds: dice.chance(0.5),
      categories: dice.chance(0.85),
    },
  })
  const settings = {
    TrackCategorizedItems: dice.chance(0.85),
    AutoTrackSentFolderItems: dice.chance(0.3),
    SSSCreateAdditionalQueueItemsForAlreadyTrackedEmail: dice.chance(0.5),
    IncomingCycleCap: dice.pick([100, 100, 3]) ?? 100,
  }
  const ids = new Dice(seed * 2 + 2)
  ground.use(server, ids.next)
  await ground.reset()
  await ground.settle(settings)
  const pageSize = dice.pick([1, 2, 3, 100]) ?? 100
  for (const person of people) server.account(person.address)
  return { ground, seed, weather, server, ledger: new Ledger(people), dice, settings, pageSize }
}

/** Two to four, at least one of them a user. */
function choosePeople(people: readonly Person[], dice: Dice): Person[] {
  const user = dice.pick(people.filter((person) => person.kind === 'systemuser')) as Person
  const chosen = new Set([user])
  const count = 2 + dice.below(3)
  while (chosen.size < count) chosen.add(dice.pick(people) as Person)
  return [...chosen]
}

/** A new letter by somebody, in answer to `parent` if given. */
export function write(world: World, parent: Letter | undefined): Letter {
  const { dice, ledger, ground } = world
  const number = ledger.letters.length + 1
  const sender = dice.weighted([
    [6, 'customer'],
    [3, 'stranger'],
    [1, 'colleague'],
  ] as const)
  const from = {
    customer: dice.pick(ground.customers) as string,
    stranger: `stranger${dice.below(3)}@foreign.example`,
    colleague: (dice.pick(ground.people) as Person).address,
  }[sender]
  const everybody = ledger.boxes.map((box) => box.person)
  const [to, cc] = [dice.some(everybody, 0.4), dice.chance(0.3) ? dice.some(everybody, 0.3) : []]
  const named = dice.chance(0.93)
  const messageId = `<s${world.seed}.${number}@foreign.example>`
  const source = mail({
    from,
    to: to.map((person) => person.address),
    ...(cc.length ? { cc: cc.map((person) => person.address) } : {}),
    subject: `Letter ${number}`,
    ...(named ? { messageId } : {}),
    ...(parent ? { inReplyTo: parent.key } : {}),
    body: `Body ${number}`,
  })
  const letter: Letter = {
    number,
    key: messageId,
    named,
    from,
    sender,
    to,
    cc,
    source: named ? source : withoutMessageId(source),
    parentWasTracked: false,
    threadChoiceAtDelivery: undefined,
    bornAt: ledger.time,
    refusedBy: ledger.busy > 0 ? [] : ledger.boxes.filter(({ blocks }) => blocks.has(from)),
    ...(parent ? { parent } : {}),
  }
  ledger.letters.push(letter)
  if (parent && ledger.tainted.has(parent)) ledger.tainted.add(letter)
  return letter
}

function withoutMessageId(source: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(source)
      .toString()
      .replace(/^Message-ID:.*\r\n/m, ''),
  )
}

export function deliver(world: World, box: Box, letter: Letter, path: readonly string[] = INBOX): void {
  world.server.account(box.person.address).deliver(path, letter.source)
  if (path.join('/') === 'INBOX') box.visited.add(letter)
}

import { sql } from 'kysely'
import { type Call, type Fault, MailboxError } from '#mailbox'
import { RecordError } from '#records'
import { LeaseLost } from '#schedule'
import { runIncomingMailbox } from '#sync'
import { Dice } from './dice.ts'
import { faultOf, INJECTED, InjectedError } from './injected.ts'
import { type Box, Ledger, type Letter, type Sight } from './ledger.ts'
import { isDark, isInbox, look } from './look.ts'
import * as people from './personActs.ts'
import * as servers from './serverActs.ts'
import type { World } from './world.ts'

/** The process ended here. Everything in memory is gone. */
class Crash extends Error {
  constructor(at: string) {
    super(`Crashed ${at}`)
    this.name = 'Crash'
  }
}

/** Failures that chance may still cause, so that every run comes to an end. */
interface Budget {
  crashes: number
  faults: number
  /** Fewer than it takes to give a message up (SC-57). */
  itemErrors: number
}

/** What is asked of the mail server; everything else is written into the store, under the lease. */
const ON_SERVER = ['mark', 'move', 'remove', 'create folder']

const NONE: Budget = { crashes: 0, faults: 0, itemErrors: 0 }

/** One playing of a world: what people and servers do, cycles, and what goes wrong. */
export class Run {
  readonly world: World
  readonly #chaos: Dice
  /** Of its own, so that what is rare changes nothing else. */
  readonly #rare: Dice
  #budget: Budget
  /** Messages that could not be written when it was their turn, so far. */
  #itemErrors = 0
  /** What others did while something was about to be saved, so far. */
  #races = 0
  /** The newest cycle of each mailbox; only it may write. */
  readonly #fences = new Map<Box, number>()
  /** What runs inside one another, the innermost last: a cycle, or an act of a person. */
  #running: ({ box: Box; fence: number } | 'act')[] = []
  /** How deep chance has let things happen inside one another. */
  #depth = 0
  /** Takes what is known of copies from the database, for acts that may not ask. */
  #known = new Map<string, boolean>()

  constructor(world: World, options: { failures: boolean }) {
    this.world = world
    this.#chaos = new Dice(world.seed * 7 + 3)
    this.#rare = new Dice(world.seed * 11 + 5)
    this.#budget = options.failures ? { crashes: 8, faults: 4, itemErrors: world.weather === 'storm' ? 3 : 0 } : NONE
    Object.assign(world.ground.regarding, { before: (effect: string) => this.#before(effect) })
    world.server.faults.chance = (call) => this.#call(call)
  }

  /** The whole history, and then quiet until nothing changes any more. */
  async play(): Promise<void> {
    const { dice, ledger } = this.world
    if (this.#rare.chance(0.5)) await this.#personAct(people.mapNewFolder, this.#rare)
    const blocker = new Dice(this.world.seed * 13 + 7)
    if (blocker.chance(0.15)) await this.#personAct(people.blockCustomer, blocker)
    const steps = 4 + dice.below(3)
    for (let step = 0; step < steps; step++) {
      const acts = 1 + dice.below(3)
      for (let act = 0; act < acts; act++) await this.#act(dice)
      if (this.#rare.chance(0.5)) await this.#personAct(people.fileTracked, this.#rare)
      for (const box of dice.some(ledger.boxes, 0.4)) await this.#synchronize(box)
    }
    await this.#quiesce()
  }

  /** Until it succeeds and nothing is left; in a storm only once. */
  async #synchronize(box: Box): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const result = await this.#cycle(box)
      if (this.world.weather === 'storm' || result === 'done') return
    }
    throw new Error(`The cycles of ${box.person.address} come to no end.`)
  }

  async #cycle(box: Box): Promise<'done' | 'more' | 'failed'> {
    const { ground, ledger, pageSize } = this.world
    const fence = (this.#fences.get(box) ?? 0) + 1
    this.#fences.set(box, fence)
    const began = ledger.time++
    const itemErrors = this.#itemErrors
    const races = this.#races
    const before = look(this.world, box)
    const mapped = new Set(box.mapped)
    ledger.tell(`cycle ${fence} of ${box.person.address}`)
    ledger.busy++
    const own = { box, fence }
    this.#running.push(own)
    try {
      const outcome = await runIncomingMailbox(ground.regarding, box.person.mailboxId, {
        pageSize,
        guard: () => {
          if (this.#fences.get(box) === fence) return Promise.resolve()
          return Promise.reject(new LeaseLost({ mailboxId: box.person.mailboxId, workload: 'incoming', fence }))
        },
      })
      ledger.tell(`  cycle ${fence} of ${box.person.address} ${outcome.more ? 'stopped' : 'done'}`)
      if (outcome.more) return 'more'
      if (this.#races > races) await this.#assertDecided(box, before, this.#itemErrors === itemErrors)
      this.#witness(box, { before, mapped, began, isWhole: this.#itemErrors === itemErrors })
      return 'done'
    } catch (error) {
      if (!this.#isExpected(error)) throw error
      ledger.tell(`  ended: ${(error as Error).message}`)
      return 'failed'
    } finally {
      ledger.busy--
      this.#running = this.#running.filter((other) => other !== own)
    }
  }

  #isExpected(error: unknown): boolean {
    if (error instanceof Crash || error instanceof LeaseLost || error instanceof InjectedError) return true
    if (!(error instanceof MailboxError)) return error instanceof RecordError && this.world.weather === 'storm'
    const isInjected = error.message.startsWith(INJECTED) || error.code === 'ConnectFailure'
    return (
      (isInjected && this.#budget !== NONE) ||
      (this.world.weather === 'storm' && ['notFound', 'cursorLost'].includes(error.kind))
    )
  }

  /** A cycle succeeded: what lay still from its beginning to its end has been dealt with. */
  #witness(
    box: Box,
    {
      before,
      mapped,
      began,
      isWhole,
    }: { before: Map<string, Sight>; mapped: Set<number>; began: number; isWhole: boolean },
  ): void {
    const { server, settings } = this.world
    const after = look(this.world, box)
    for (const [place, then] of before) {
      const now = after.get(place)
      const { letter } = then
      if (!now || !letter) continue
      // What could not be written waits for the next cycle, if it still lies there then (SC-57).
      if (isWhole && isInbox(then.path) && isInbox(now.path)) box.evaluated.add(letter)
      const unsaid = (box.wish.get(letter)?.at ?? -1) < began
      const byCategory =
        then.category &&
        now.category &&
        server.can.categories &&
        settings['TrackCategorizedItems'] === true &&
        !isDark(now.path)
      const inFolder =
        mapped.has(then.folder) && box.mapped.has(then.folder) && now.path[0] === 'INBOX' && !box.settled.has(place)
      if (unsaid && box.touched.has(letter) && box.person.kind === 'systemuser' && (byCategory || inFolder))
        if (box.wish.get(letter)?.what !== 'untrack' || inFolder) box.wish.set(letter, { what: 'track', at: began })
      const isOnly = [...after.values()].every((other) => other === now || other.letter !== letter)
      if (unsaid && isOnly && box.takenOff.get(letter) === place && !then.category && !now.category) {
        box.takenOff.delete(letter)
        box.wish.set(letter, { what: 'untrack', at: began })
      }
    }
    box.settled = after
  }

  /** Who lost a race decides anew: no cycle that comes to its end leaves that to the next one. */
  async #assertDecided(box: Box, before: Map<string, Sight>, isWhole: boolean): Promise<void> {
    if (!isWhole) return
    const now = look(this.world, box)
    const { rows } = await sql<{ place: string; failed: boolean }>`
      select concat(folder_id, ' ', item_id) as place, state = 'pending' and gone_on is null as failed from email_copy
      where mailbox_id = ${box.person.mailboxId}`.execute(this.world.ground.regarding.database.sql)
    const known = new Map(rows.map((row) => [row.place, row.failed]))
    const account = this.world.server.account(box.person.address)
    for (const [place, { path, folder, uid, letter }] of before) {
      const id = account.folders.filter(({ number }) => number === folder).map((one) => account.idOf(one))[0]
      // What is there not known, or taken for a failure.
      if (isInbox(path) && now.has(place) && known.get(`${id} ${uid}`) !== false)
        throw new Error(`A cycle of ${box.person.address} came to its end without letter ${letter?.number}.`)
    }
  }

  /** @param serverShare of acts that nobody asks the CRM for */
  async #act(dice: Dice, serverShare = 0.75): Promise<void> {
    const { world } = this
    world.ledger.time++
    const before = world.ledger.letters.length
    const isServerAct = dice.chance(serverShare)
    if (isServerAct) {
      await this.#learn()
      this.#serverAct(dice)
      await this.#learnOf(world.ledger.letters.slice(before))
      return
    }
    const act = dice.weighted([
      [4, people.chooseRegarding],
      [2, people.untrackLetter],
      [3, people.trackLetter],
      [4, people.mapFolder],
      [1, people.unmapFolder],
      [1, people.block],
      [1, people.deleteEmail],
    ] as const)
    await this.#personAct(act, dice)
  }

  async #personAct(act: (world: World, dice: Dice) => Promise<void>, dice: Dice): Promise<void> {
    const { world } = this
    // In calm weather a person who was interrupted would ask again: the act happens.
    const budget = this.#budget
    if (world.weather === 'calm') this.#budget = NONE
    world.ledger.busy++
    this.#running.push('act')
    try {
      await act(world, dice)
    } catch (error) {
      if (!this.#isExpected(error)) throw error
      world.ledger.tell(`  ended: ${(error as Error).message}`)
    } finally {
      world.ledger.busy--
      this.#running.splice(this.#running.lastIndexOf('act'), 1)
      this.#budget = budget
    }
  }

  #serverAct(dice: Dice): void {
    const act = dice.weighted([
      [9, servers.newLetter],
      [3, servers.letterAgain],
      [4, servers.move],
      [2, servers.remove],
      [3, servers.categorize],
      [
        2,
        (world: World, of: Dice) =>
          servers.uncategorize(world, of, (_, sight) => this.#known.get(sight.place) === true),
      ],
      [3, servers.glance],
      [2, servers.createFolder],
      [1, servers.renameFolder],
      [1, servers.deleteFolder],
      [2, servers.loseCursors],
      [1, servers.send],
    ] as const)
    act(this.world, dice)
  }

  /** Whether the engine has seen the category of the items that lie in the folders, with nothing under way. */
  async #learn(): Promise<void> {
    const { ground, ledger, server } = this.world
    this.#known = new Map()
    const { rows } = await sql<{ mailbox_id: string; folder_id: string; item_id: string }>`
      select mailbox_id, folder_id, item_id from email_copy
      where gone_on is null and state = 'tracked' and tracked_category and want_tracked is null`.execute(
      ground.regarding.database.sql,
    )
    for (const box of ledger.boxes) {
      const account = server.account(box.person.address)
      for (const folder of account.folders)
        for (const row of rows)
          if (row.mailbox_id === box.person.mailboxId && row.folder_id === account.idOf(folder)) {
            const place = `${folder.number}.${folder.epoch}.${row.item_id}`
            if (box.settled.has(place)) this.#known.set(place, true)
          }
    }
  }

  async #learnOf(letters: readonly Letter[]): Promise<void> {
    if (!letters.some((letter) => letter.parent)) return
    const emails = await people.emailsByLetter(this.world)
    for (const letter of letters) {
      letter.parentWasTracked = letter.parent?.named === true && emails.has(letter.parent)
      const choice = this.world.ledger.threadChoice.get(Ledger.rootOf(letter))
      letter.threadChoiceAtDelivery = choice?.thread === Ledger.threadOf(letter) ? choice.record : undefined
    }
  }

  /** Between two effects of the engine. */
  async #before(effect: string): Promise<void> {
    const chaos = this.#chaos
    this.world.ledger.tell(`  ${effect}`)
    if (effect.endsWith(' done')) this.#assertLeased(effect.slice(0, -5))
    if (this.#budget.crashes > 0 && chaos.chance(0.05)) {
      this.#budget.crashes--
      throw new Crash(`at “${effect}”`)
    }
    if (effect === 'save' && this.#budget.itemErrors > 0 && chaos.chance(0.04)) {
      this.#budget.itemErrors--
      this.#itemErrors++
      throw new InjectedError()
    }
    if (this.world.weather === 'calm' || this.#budget === NONE || this.#depth > 0) return
    this.#depth++
    this.world.ledger.depth++
    if (effect === 'save') this.#races++
    try {
      // People and other workers come first where it hurts most: between a decision and its being written.
      if (chaos.chance(effect === 'save' ? 0.2 : 0.1)) await this.#act(chaos, effect === 'save' ? 0.4 : 0.75)
      if (chaos.chance(effect === 'save' ? 0.2 : 0.02)) await this.#cycle(chaos.pick(this.world.ledger.boxes) as Box)
      if (effect !== 'save') return
      if (this.#rare.chance(0.5)) await this.#personAct(people.chooseBeforeFolder, this.#rare)
      const rival = this.#rare.chance(0.3) && this.#rival()
      if (rival) await this.#cycle(rival)
    } finally {
      this.#depth--
      this.world.ledger.depth--
    }
  }

  /** Another mailbox, in which waits what the innermost cycle may be about to save. */
  #rival(): Box | undefined {
    const running = this.#running.at(-1)
    if (running === undefined || running === 'act') return undefined
    const fresh = (box: Box) => [...look(this.world, box).values()].filter(({ place }) => !box.settled.has(place))
    const letters = new Set(fresh(running.box).map(({ letter }) => letter))
    return this.#rare.pick(
      this.world.ledger.boxes.filter(
        (box) => box !== running.box && fresh(box).some(({ letter }) => letter && letters.has(letter)),
      ),
    )
  }

  /** A category that is missing when a folder is listed anew may have been lost with the records of the server. */
  #forgetTakenOff(address: string): void {
    for (const box of this.world.ledger.boxes) if (box.person.address === address) box.takenOff.clear()
  }

  /** SC-2: a cycle that lost its lease writes nothing. */
  #assertLeased(effect: string): void {
    const innermost = this.#running.at(-1)
    if (innermost === undefined || innermost === 'act' || ON_SERVER.includes(effect)) return
    const { box, fence } = innermost
    if (this.#fences.get(box) !== fence)
      throw new Error(`Cycle ${fence} of ${box.person.address} carried out “${effect}” after it had lost its lease.`)
  }

  /** Around a call of the mail server. After it: the answer is lost. */
  #call(call: Call): Fault | undefined {
    const chaos = this.#chaos
    if (this.#budget === NONE) return undefined
    if (this.#budget.crashes > 0 && chaos.chance(0.012)) {
      this.#budget.crashes--
      throw new Crash(`${call.moment} the call ${call.name}`)
    }
    if (this.#budget.faults > 0 && chaos.chance(0.03)) {
      this.#budget.faults--
      const error = faultOf(call, chaos, this.world.weather)
      if (error.kind === 'cursorLost') this.#forgetTakenOff(call.account)
      return { error, cuts: chaos.chance(0.3) }
    }
    if (this.world.weather === 'storm' && chaos.chance(0.05)) {
      this.world.ledger.time++
      this.#serverAct(chaos)
    }
    return undefined
  }

  async #quiesce(): Promise<void> {
    this.#budget = NONE
    this.world.ledger.tell('quiet')
    let last = ''
    for (let round = 0; round < 14; round++) {
      for (const box of this.world.ledger.boxes)
        for (let more = true; more; ) {
          const result = await this.#cycle(box)
          if (result === 'failed') throw new Error(`A cycle of ${box.person.address} fails in quiet.`)
          more = result === 'more'
        }
      const now = await this.#fingerprint()
      if (now === last) return
      last = now
    }
    throw new Error('The engine does not come to rest.')
  }

  async #fingerprint(): Promise<string> {
    const { rows } = await sql<{ mark: string }>`
      select md5(concat(
        (select string_agg(concat(copy_id, state, by_person, email_id, tracked_category, want_tracked, undeliverable_category,
           want_undeliverable, retries, gone_on is null), ';' order by copy_id) from email_copy),
        (select string_agg(concat(decision_id, outcome, reason, email_id), ';' order by decision_id) from decision),
        (select string_agg(concat(activityid, versionnumber), ';' order by activityid) from email),
        (select string_agg(concat(mailbox_id, folder_id, listed), ';' order by mailbox_id, folder_id) from mailbox_folder)
      )) as mark`.execute(this.world.ground.regarding.database.sql)
    return String(rows[0]?.mark)
  }
}

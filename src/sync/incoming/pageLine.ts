import { setImmediate } from 'node:timers/promises'
import type { Expectation, PageAhead } from './ahead.ts'
import { type Fetched, releaseContents } from './content.ts'
import type { Cycle, IncomingDependencies, Tally } from './context.ts'
import type { ReadFolder } from './observe.ts'
import { countPage, expectationAfter, isApartFrom, type OpenPage, openPage, type Standing, savePage } from './page.ts'

/**
 * The pages of a folder on their way into the store: each is decided while the one before is being saved, and saved in
 * its turn. What deciding asks is read before that saving begins: a store with one session would else answer afterwards.
 * When the one before was not saved as it had been decided, because another worker was first or a message spoilt it, the
 * page is decided anew.
 */
export class PageLine {
  readonly #dependencies: IncomingDependencies
  readonly #cycle: Cycle
  readonly #folder: ReadFolder
  readonly #tally: Tally
  #earlier: OpenPage | undefined
  /** Decided, and not yet being saved. */
  #waiting: OpenPage | undefined
  #saving: Promise<boolean> = Promise.resolve(true)

  constructor(dependencies: IncomingDependencies, cycle: Cycle, folder: ReadFolder, tally: Tally) {
    this.#dependencies = dependencies
    this.#cycle = cycle
    this.#folder = folder
    this.#tally = tally
  }

  /**
   * Decides about a page, once the one before is saved. It is saved from now on, or, where the next page is there
   * already, when that has read what it asks.
   * @returns what the next page is expected to need.
   */
  async take(ahead: PageAhead, standing: Standing): Promise<Expectation> {
    const open = await this.#open(ahead, standing)
    countPage(this.#folder, open, this.#tally)
    this.#earlier = open
    this.#waiting = open
    if (!ahead.isFollowed()) void this.#save()
    return expectationAfter(this.#cycle, open)
  }

  /** Until everything that was taken is saved. @throws what saving failed with. */
  async end(): Promise<void> {
    void this.#save()
    await this.#saving
  }

  async #open(ahead: PageAhead, standing: Standing): Promise<OpenPage> {
    const contents: Fetched = new Map(ahead.contents)
    const look = (earlier?: OpenPage) =>
      openPage(this.#dependencies, this.#cycle, this.#folder, { ...ahead, contents }, standing, earlier, () =>
        this.#save(),
      )
    try {
      const early = this.#earlier && isApartFrom(ahead, this.#earlier) ? await look(this.#earlier) : undefined
      void this.#save()
      const isAsDecided = await this.#saving
      return early && isAsDecided ? early : await look()
    } catch (error) {
      await releaseContents(contents)
      throw error
    }
  }

  /** Begins to save what waits. Until it is on its way to the database, so that nothing keeps that waiting. */
  async #save(): Promise<void> {
    const open = this.#waiting
    if (!open) return
    this.#waiting = undefined
    await new Promise<void>((sent) => {
      this.#saving = savePage(this.#dependencies, this.#cycle, this.#folder, open, this.#tally, sent).finally(sent)
      this.#saving.catch(() => undefined) // Heard by whoever waits for it.
    })
    await setImmediate()
  }
}

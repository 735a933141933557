import { sql } from 'kysely'
import { type Executor, Retry } from '#database'
import type { Clock } from '#time'
import type { Catalogue } from '../tables/catalogue.ts'
import { type Kept, keptCustomization } from './kept.ts'

/** Work of the system itself asks for other declarations at most so often. */
const REST_MILLISECONDS = 1_000

/**
 * The declarations as they are now. What another process declared is known here by the time that anybody who may have
 * heard of it asks for records: every question of a person brings the version along.
 */
export class LiveCatalogue {
  readonly #make: (kept: Kept) => Catalogue
  readonly #clock: Clock
  #current: Catalogue
  #version: number
  #asked = 0

  constructor(kept: Kept, make: (kept: Kept) => Catalogue, clock: Clock) {
    this.#make = make
    this.#clock = clock
    this.#current = make(kept)
    this.#version = kept.version
  }

  get current(): Catalogue {
    return this.#current
  }

  get version(): number {
    return this.#version
  }

  /** From now on these declarations hold, unless newer ones do already. */
  take(kept: Kept, catalogue = this.#make(kept)): void {
    if (kept.version <= this.#version) return
    this.#current = catalogue
    this.#version = kept.version
  }

  /** @returns whether there were newer declarations, which now hold. */
  async refresh(executor: Executor): Promise<boolean> {
    const { rows } = await sql<{ version: string }>`select version::text as version from customization`.execute(
      executor,
    )
    return this.catchUp(executor, Number(rows[0]?.version ?? 0))
  }

  async catchUp(executor: Executor, version: number): Promise<boolean> {
    if (version <= this.#version) return false
    this.take(await keptCustomization(executor))
    return true
  }

  /** Of a transaction that has begun with older declarations: it begins anew. @throws Retry */
  async mustBe(executor: Executor, version: number): Promise<void> {
    if ((await this.catchUp(executor, version)) && executor.isTransaction)
      throw new Retry('The declarations of tables have changed.')
  }

  /** For work that brings no version along. */
  async lookNowAndThen(executor: Executor): Promise<void> {
    const now = this.#clock.now().getTime()
    if (Math.abs(now - this.#asked) < REST_MILLISECONDS) return
    this.#asked = now
    await this.refresh(executor)
  }
}

import { seededRandom } from '#time'

/** Chances from a seed. */
export class Dice {
  readonly next: () => number

  constructor(seed: number) {
    this.next = seededRandom(seed)
    this.next()
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)]
  }

  /** Some of them, in their order, at least one. */
  some<T>(items: readonly T[], share: number): T[] {
    const taken = items.filter(() => this.chance(share))
    const one = this.pick(items)
    return taken.length || one === undefined ? taken : [one]
  }

  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.next() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      left -= weight
      if (left < 0) return item
    }
    return (items.at(-1) as (typeof items)[number])[1]
  }
}

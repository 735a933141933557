import { Failure } from './failure.ts'
import type { Ids } from './ids.ts'

/** A category of the master list; items name categories by `name`, whether the list has them or not. */
export interface Category {
  id: string
  name: string
  /** -1 none, 0 (red) to 24, as `preset0` … `preset24` of Graph. */
  color: number
}

/** The master category list of a mailbox. */
export class Categories {
  readonly #ids: Ids
  readonly #all = new Map<string, Category>()

  constructor(ids: Ids, state?: readonly Category[]) {
    this.#ids = ids
    if (state) for (const category of state) this.#all.set(category.id, category)
    else for (const [color, name] of STANDARD.entries()) this.add(`${name} category`, color)
  }

  all(): Category[] {
    return [...this.#all.values()]
  }

  /** @throws Failure `exists`: names differ by more than case */
  add(name: string, color: number, id = this.#ids.guid()): Category {
    this.#check(name)
    const category = { id, name, color }
    this.#all.set(category.id, category)
    return category
  }

  get(id: string): Category {
    const category = this.#all.get(id)
    if (!category) throw new Failure('notFound', `There is no category ${id}.`)
    return category
  }

  /** Outlook can; over Graph only the color is changed. @throws Failure `exists` */
  rename(id: string, name: string): Category {
    const before = this.get(id)
    this.#check(name, id)
    const category = { ...before, name }
    this.#all.set(id, category)
    return category
  }

  recolor(id: string, color: number): Category {
    const category = { ...this.get(id), color }
    this.#all.set(id, category)
    return category
  }

  /** Items keep the name. */
  remove(id: string): void {
    this.get(id)
    this.#all.delete(id)
  }

  #check(name: string, except?: string): void {
    if (!name || name.length > 255) throw new Failure('invalid', 'A category has a name of 1 to 255 characters.')
    if (this.all().some((other) => other.id !== except && other.name.toLowerCase() === name.toLowerCase()))
      throw new Failure('exists', `The category “${name}” exists.`)
  }
}

const STANDARD = ['Red', 'Orange', 'Brown', 'Yellow', 'Green', 'Teal', 'Olive', 'Blue', 'Purple']

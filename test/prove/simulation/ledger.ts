import type { Reference } from '#records'
import type { Person } from './ground.ts'

/** A message of the world, as its sender knows it. */
export interface Letter {
  /** In the subject, by which everything about it is found again. */
  number: number
  key: string
  /** It has a Message-ID, by which answers find it. */
  named: boolean
  from: string
  /** Sent by a customer, by a stranger, or by a colleague. */
  sender: 'customer' | 'stranger' | 'colleague'
  to: Person[]
  cc: Person[]
  parent?: Letter
  source: Uint8Array
  /** When it was first delivered the email of its parent was there for certain. */
  parentWasTracked: boolean
  /** What the parent's conversation had been given by a person when it was first delivered. */
  threadChoiceAtDelivery: Reference | undefined
  bornAt: number
  /** Those who had blocked its sender before, and all of whose cycles know it. */
  refusedBy: readonly Box[]
}

/** The place of a person in the world, with what befell the letters there. */
export interface Box {
  person: Person
  /** Letters that lay in the Inbox from the beginning to the end of a cycle that succeeded. */
  evaluated: Set<Letter>
  /** Letters that ever lay in the Inbox. */
  visited: Set<Letter>
  /** Letters that a person tracked by hand in any way, or may have: category, mapped folder, Sent Items, the pane. */
  touched: Set<Letter>
  /** The person's last word about a letter, as far as it is certain, and when it was said. */
  wish: Map<Letter, { what: 'track' | 'untrack'; at: number }>
  /** Letters from which the person took the category while the engine knew that it was there, and where they lay. */
  takenOff: Map<Letter, string>
  /** Folders that are mapped now, by number. */
  mapped: Set<number>
  /** Senders that the person blocked. */
  blocks: Set<string>
  /** The folder that says from the start what its messages regard, by number. */
  standing: number | undefined
  /** Where letters lay, and how, at the end of the last cycle that succeeded. */
  settled: Map<string, Sight>
}

/** An item as somebody sees it who looks into the folder. */
export interface Sight {
  place: string
  folder: number
  path: readonly string[]
  uid: string
  letter: Letter | undefined
  category: boolean
  undeliverable: boolean
}

/** What people and servers did, written down beside the engine and independent of it. */
export class Ledger {
  readonly letters: Letter[] = []
  readonly boxes: Box[]
  /** Letters whose tracking was disturbed on purpose: untracked, deleted in the CRM, stopped, blocked. */
  readonly tainted = new Set<Letter>()
  /** What a person last chose for the email of a letter. */
  readonly regarding = new Map<Letter, Reference>()
  /** What a person last chose in a conversation, by its first letter, and for what part of it that is certain to hang together. */
  readonly threadChoice = new Map<Letter, { record: Reference; thread: Letter }>()
  /** Counts acts. */
  time = 0
  /** Folders that got another name, so far. */
  renamed = 0
  /** Cycles and acts that are under way. */
  busy = 0
  /** How deep the present happening lies within others. */
  depth = 0
  /** Everything in order, for who has to understand a failure. */
  readonly story: string[] = []

  constructor(people: readonly Person[]) {
    this.boxes = people.map((person) => ({
      person,
      evaluated: new Set(),
      visited: new Set(),
      touched: new Set(),
      wish: new Map(),
      takenOff: new Map(),
      mapped: new Set(),
      blocks: new Set(),
      standing: undefined,
      settled: new Map(),
    }))
  }

  tell(text: string): void {
    this.story.push(`${'    '.repeat(this.depth)}${text}`)
  }

  letterOf(source: unknown): Letter | undefined {
    return this.letters.find((letter) => letter.source === source)
  }

  static rootOf(letter: Letter): Letter {
    return letter.parent ? Ledger.rootOf(letter.parent) : letter
  }

  /** The first letter of those that certainly correlated, one with the other. */
  static threadOf(letter: Letter): Letter {
    return letter.parent && letter.parentWasTracked ? Ledger.threadOf(letter.parent) : letter
  }

  /** The letter and everything that answers it, near or far. */
  family(letter: Letter): Letter[] {
    const root = Ledger.rootOf(letter)
    return this.letters.filter((other) => Ledger.rootOf(other) === root)
  }
}

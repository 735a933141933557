import type { Person } from './ground.ts'
import type { Box, Letter } from './ledger.ts'
import { blockedSenders } from './personActs.ts'
import type { World } from './world.ts'

/** Who may accept a letter found in a mailbox: users and queues it names; who is not named only with code 0 (T-21, T-25). */
function candidates(box: Box, letter: Letter): Person[] {
  const named = [...letter.to, ...letter.cc]
  if (named.includes(box.person) || box.person.accepts !== 0) return named
  return [...named, box.person]
}

/**
 * Whether the rules leave no choice: it was dealt with in the Inbox, nobody interfered, and somebody accepts it whatever
 * came before or after (T-22, T-23).
 */
export function mustBeTracked(world: World, box: Box, letter: Letter): boolean {
  const { ledger } = world
  if (!box.evaluated.has(letter) || letter.sender === 'colleague' || ledger.tainted.has(letter)) return false
  if (blockedSenders(world).has(letter.from)) return false
  return candidates(box, letter).some(
    ({ accepts }) =>
      accepts === 0 ||
      (accepts === 2 && letter.sender === 'customer') ||
      (accepts === 1 && letter.parentWasTracked && letter.parent !== undefined && !ledger.tainted.has(letter.parent)),
  )
}

/** Whether any order of things could have led to an email: everything that speaks for it, nothing that speaks against it. */
export function mayBeTracked(world: World, letter: Letter): boolean {
  const { ledger } = world
  if (letter.sender === 'colleague') return true
  return ledger.boxes.some((box) => {
    if (box.touched.has(letter)) return true
    if (!box.visited.has(letter)) return false
    return candidates(box, letter).some(
      ({ accepts }) =>
        accepts === 0 ||
        (accepts === 2 && (letter.sender === 'customer' || world.ground.people.some((person) => person.creates))) ||
        (accepts === 1 && letter.parent !== undefined && mayBeTracked(world, letter.parent)),
    )
  })
}

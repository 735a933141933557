import { type Node, parseExpression } from './expressionSyntax.ts'

/**
 * Regular expressions that an administrator writes, matched in time proportional to expression times text whatever
 * either contains: every pair of place in the program and place in the text is visited at most once. The syntax is the
 * part of JavaScript's that allows this: no look-around, no back-references, no repetition of what may be empty. Matches are those JavaScript finds.
 */
export interface LinearExpression {
  /** The text without any match, as `text.replace(expression, '')` with flag `g`. */
  removeFrom(text: string): string
}

/** Largest program an expression may become, e.g. by counted repetition. */
const MOST_INSTRUCTIONS = 2000

type Instruction =
  | { kind: 'character'; accepts: (code: number) => boolean }
  | { kind: 'assert'; holds: (text: string, at: number) => boolean }
  /** Tries the first target, then the second. */
  | { kind: 'split'; first: number; second: number }
  | { kind: 'jump'; to: number }
  | { kind: 'match' }

/**
 * Reads an expression.
 * @throws SyntaxError naming what is wrong or not supported.
 */
export function linearExpression(source: string): LinearExpression {
  // JavaScript judges the syntax; the parser below only needs to know what is valid.
  void new RegExp(source)
  const program: Instruction[] = []
  emit(parseExpression(source), program)
  program.push({ kind: 'match' })
  return { removeFrom: (text) => removeMatches(program, text) }
}

function removeMatches(program: readonly Instruction[], text: string): string {
  let kept = ''
  let from = 0
  for (let start = 0; start <= text.length; ) {
    const found = search(program, text, start)
    if (!found) break
    kept += text.slice(from, found.start)
    from = found.end
    // After an empty match the next search starts one further, as `lastIndex` does.
    start = found.end > found.start ? found.end : found.end + 1
  }
  return kept + text.slice(from)
}

function search(
  program: readonly Instruction[],
  text: string,
  from: number,
): { start: number; end: number } | undefined {
  // What failed once fails again, also when reached from a later start: one memory for the whole search.
  let visited: Uint8Array | undefined
  for (let start = from; start <= text.length; start++) {
    if (!mayBegin(program[0] as Instruction, text, start)) continue
    visited ??= new Uint8Array(program.length * (text.length + 1))
    const end = matchAt(program, text, start, visited)
    if (end !== undefined) return { start, end }
  }
  return undefined
}

/** Most places fail at the first instruction, above all those after the start of a text that is asked for. */
function mayBegin(first: Instruction, text: string, at: number): boolean {
  if (first.kind === 'assert') return first.holds(text, at)
  return first.kind !== 'character' || (at < text.length && first.accepts(text.charCodeAt(at)))
}

function matchAt(
  program: readonly Instruction[],
  text: string,
  start: number,
  visited: Uint8Array,
): number | undefined {
  const pending = [{ pc: 0, at: start }]
  for (let thread = pending.pop(); thread; thread = pending.pop()) {
    let { pc, at } = thread
    for (;;) {
      const place = pc * (text.length + 1) + at
      if (visited[place]) break
      visited[place] = 1
      const instruction = program[pc] as Instruction
      if (instruction.kind === 'match') return at
      if (instruction.kind === 'jump') pc = instruction.to
      else if (instruction.kind === 'split') {
        pending.push({ pc: instruction.second, at })
        pc = instruction.first
      } else if (instruction.kind === 'assert') {
        if (!instruction.holds(text, at)) break
        pc++
      } else {
        if (at >= text.length || !instruction.accepts(text.charCodeAt(at))) break
        pc++
        at++
      }
    }
  }
  return undefined
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > MOST_INSTRUCTIONS) throw new SyntaxError('The expression is too large')
  switch (node.kind) {
    case 'character':
    case 'assert':
      program.push(node)
      return
    case 'sequence':
      for (const item of node.items) emit(item, program)
      return
    case 'choice':
      return emitChoice(node.items, program)
    case 'repeat':
      if (matchesNothing(node.item)) throw new SyntaxError('What is repeated could match nothing')
      for (let count = 0; count < node.least; count++) emit(node.item, program)
      if (node.most === Number.POSITIVE_INFINITY) return emitLoop(node.item, node.lazy, program)
      return emitOptional(node, program)
  }
}

/** Whether a node can match without taking a character. */
function matchesNothing(node: Node): boolean {
  switch (node.kind) {
    case 'character':
      return false
    case 'assert':
      return true
    case 'sequence':
      return node.items.every(matchesNothing)
    case 'choice':
      return node.items.some(matchesNothing)
    case 'repeat':
      return node.least === 0 || matchesNothing(node.item)
  }
}

function emitChoice(items: readonly Node[], program: Instruction[]): void {
  const ends: { kind: 'jump'; to: number }[] = []
  for (const [index, item] of items.entries()) {
    if (index === items.length - 1) {
      emit(item, program)
      break
    }
    const split = { kind: 'split' as const, first: program.length + 1, second: 0 }
    program.push(split)
    emit(item, program)
    const end = { kind: 'jump' as const, to: 0 }
    program.push(end)
    ends.push(end)
    split.second = program.length
  }
  for (const end of ends) end.to = program.length
}

function emitLoop(item: Node, lazy: boolean, program: Instruction[]): void {
  const start = program.length
  const split = { kind: 'split' as const, first: 0, second: 0 }
  program.push(split)
  emit(item, program)
  program.push({ kind: 'jump', to: start })
  aim(split, start + 1, program.length, lazy)
}

function emitOptional(node: Node & { kind: 'repeat' }, program: Instruction[]): void {
  const splits: { at: number; split: { kind: 'split'; first: number; second: number } }[] = []
  for (let count = node.least; count < node.most; count++) {
    const split = { kind: 'split' as const, first: 0, second: 0 }
    splits.push({ at: program.length, split })
    program.push(split)
    emit(node.item, program)
  }
  for (const { at, split } of splits) aim(split, at + 1, program.length, node.lazy)
}

function aim(split: { first: number; second: number }, into: number, past: number, lazy: boolean): void {
  split.first = lazy ? past : into
  split.second = lazy ? into : past
}

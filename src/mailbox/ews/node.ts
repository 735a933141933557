/** An element that was read. Names are without their prefix: Exchange uses one name for one thing. */
export interface Node {
  name: string
  attributes: Record<string, string>
  children: Node[]
  /** The text directly in it. */
  text: string
}

/** The first child of a name, or the first below it along more names. */
export function childOf(node: Node | undefined, ...names: readonly string[]): Node | undefined {
  let found = node
  for (const name of names) found = found?.children.find((child) => child.name === name)
  return found
}

/** The text at the end of a path of names; undefined when there is no such element. */
export function textOf(node: Node | undefined, ...names: readonly string[]): string | undefined {
  return childOf(node, ...names)?.text
}

export function childrenOf(node: Node | undefined, ...names: readonly string[]): readonly Node[] {
  return childOf(node, ...names)?.children ?? []
}

export function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1'
}

/** The instant of an `xs:dateTime`; undefined when it is none. */
export function instantOf(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT/.test(text)) return undefined
  const instant = new Date(text)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

/** A whole number of 0 or more; 0 when it is none. */
export function numberOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0
}

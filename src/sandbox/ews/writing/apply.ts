import { EwsFailure } from '../failure.ts'
import type { Element } from '../xml.ts'
import type { Draft, Setters } from './draft.ts'

/**
 * Applies all that an element says of an item to a draft.
 * @throws EwsFailure ErrorInvalidPropertySet for what cannot be set
 */
export function applyElements<D extends Draft>(draft: D, element: Element, setters: Setters<D>): void {
  for (const part of element.children) setterOf(setters, part.name)(draft, part)
}

export function setterOf<D extends Draft>(setters: Setters<D>, name: string) {
  const setter = setters[name]
  if (!setter) throw new EwsFailure('ErrorInvalidPropertySet', `Set action is invalid for property ${name}.`)
  return setter
}

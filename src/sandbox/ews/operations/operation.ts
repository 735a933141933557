import type { Call } from '../call.ts'
import type { Element, Xml } from '../xml.ts'

/** Carries out a request that was held against the schema, and gives the element of the answer's body. */
export type Operation = (call: Call, request: Element) => Promise<Xml> | Xml

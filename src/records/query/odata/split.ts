import { invalid } from '../limits.ts'

/**
 * Splits text of OData at a mark that stands neither in quotes nor in parentheses.
 * @throws RecordError `QueryInvalid` when quotes or parentheses do not close.
 */
export function splitTop(text: string, mark: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const found = text[at] as string
    if (found === "'") {
      at = text.indexOf("'", at + 1)
      if (at < 0) throw invalid(`a text that begins in "${text.slice(start, start + 50)}" does not end`)
    } else if (found === '(') depth++
    else if (found === ')') {
      if (--depth < 0) throw invalid(`")" closes nothing in "${text.slice(start, start + 50)}"`)
    } else if (found === mark && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  if (depth > 0) throw invalid(`"(" is not closed in "${text.slice(start, start + 50)}"`)
  parts.push(text.slice(start))
  return parts
}

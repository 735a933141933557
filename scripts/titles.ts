import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** Names of functions that make tests. */
const TESTS = new Set(['it', 'test', 'describe'])

/**
 * Every title of a test or group in a file: the first argument of `it`, `test` and `describe`, and the texts in the
 * tables of their `each` and `for`, from which titles are filled. Placeholders of template literals are left out.
 */
export function titlesIn(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, false)
  const titles: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression
      if (isTest(callee)) titles.push(...textsOf(node.arguments[0]))
      else if (ts.isPropertyAccessExpression(callee) && isTest(callee.expression) && isTable(callee.name.text))
        titles.push(...(node.arguments[0] ? textsWithin(node.arguments[0]) : []))
      else if (ts.isCallExpression(callee) && isTableOfTest(callee.expression))
        titles.push(...textsOf(node.arguments[0]))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

const isTest = (node: ts.Node): boolean => ts.isIdentifier(node) && TESTS.has(node.text)
const isTable = (name: string): boolean => name === 'each' || name === 'for'
const isTableOfTest = (node: ts.Node): boolean =>
  ts.isPropertyAccessExpression(node) && isTest(node.expression) && isTable(node.name.text)

function textsOf(node: ts.Node | undefined): string[] {
  if (!node) return []
  if (ts.isStringLiteralLike(node)) return [node.text]
  return ts.isTemplateExpression(node) ? [node.head.text] : []
}

function textsWithin(node: ts.Node): string[] {
  const texts = textsOf(node)
  ts.forEachChild(node, (child) => void texts.push(...textsWithin(child)))
  return texts
}

import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'

/** What is answered to one request of a batch. */
export interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
  contentId?: string
}

export type AnswerItem = { kind: 'single'; answer: Answer } | { kind: 'changeSet'; answers: readonly Answer[] }

const BREAK = '\r\n'
/** Headers as clients of the field look for them. */
const NAMES: Readonly<Record<string, string>> = { 'odata-version': 'OData-Version', 'odata-entityid': 'OData-EntityId' }

/** The answers in the order of the requests (OData v4 protocol §11.7.4). */
export function printAnswers(items: readonly AnswerItem[]): { type: string; text: string } {
  const boundary = `batchresponse_${randomUUID()}`
  const parts = items.map((item) => (item.kind === 'single' ? printAnswer(item.answer) : printChangeSet(item.answers)))
  return { type: `multipart/mixed; boundary=${boundary}`, text: enclosed(parts, boundary) }
}

function printChangeSet(answers: readonly Answer[]): string {
  const boundary = `changesetresponse_${randomUUID()}`
  return [`Content-Type: multipart/mixed; boundary=${boundary}`, '', enclosed(answers.map(printAnswer), boundary)].join(
    BREAK,
  )
}

function enclosed(parts: readonly string[], boundary: string): string {
  return [...parts.flatMap((part) => [`--${boundary}`, part]), `--${boundary}--`, ''].join(BREAK)
}

function printAnswer({ status, headers, body, contentId }: Answer): string {
  return [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    '',
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${NAMES[name] ?? capitalized(name)}: ${value}`),
    '',
    body,
  ].join(BREAK)
}

const capitalized = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

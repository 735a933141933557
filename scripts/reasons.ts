// Writes docs/reasons.md: every reason and every alert in the words that people read in the product.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type CodeEntry, codes } from '#mailboxes'
import { deliveryReasons } from '#outgoing'
import { type Reason, reasons } from '../src/sync/incoming/decide/index.ts'

const PATH = 'docs/reasons.md'

/** The page as it should be. */
export function reasonsPage(): string {
  return [
    '# Reasons and alerts',
    '',
    'Made by `npm run docs:reasons` from the texts that the product shows; change them there. A reason says why one',
    'message was tracked or not; `regarding explain` shows it with the rules that were asked (docs/rules.md). An alert',
    'says what happened to a mailbox, a server profile or an email.',
    '',
    '## Reasons',
    ...Object.entries(reasons).flatMap(([code, reason]) => reasonSection(code, reason)),
    '',
    '## Sending',
    '',
    'Where an email stands on its way out: `regarding email status`, `RetrieveDeliveryStatus`.',
    ...Object.entries(deliveryReasons).flatMap(([code, { title, cause, toDo }]) => section(code, title, cause, toDo)),
    '',
    '## Alerts',
    ...codes.flatMap(alertSection),
    '',
  ].join('\n')
}

function reasonSection(code: string, { title, cause, toDo, remedies }: Reason): string[] {
  const remedyLines = remedies.map(
    ({ label, who }) => `- ${label}${who === 'administrator' ? ' (an administrator)' : ''}`,
  )
  return [...section(code, title, cause, toDo), ...(remedies.length ? ['', ...remedyLines] : [])]
}

const EFFECT: Record<CodeEntry['class'], string> = {
  permanent: 'the direction is stopped until Test & Enable succeeds',
  transient: 'it is tried again; after ten attempts in a row the direction is stopped',
  item: 'only the item is concerned; the mailbox goes on',
  none: 'nothing is stopped',
}

function alertSection(entry: CodeEntry): string[] {
  const facts = [`- Level: ${entry.level}`, `- Shown on the ${entry.scope}`, `- Effect: ${EFFECT[entry.class]}`]
  return [...section(entry.code, entry.title, entry.cause, entry.remedy), '', ...facts]
}

function section(code: string, title: string, cause: string, toDo: string): string[] {
  return ['', `### ${code}`, '', `**${title}.** ${cause}`, '', `What to do: ${toDo}`]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PATH, reasonsPage())

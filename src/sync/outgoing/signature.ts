import type { Executor } from '#database'
import type { Row, Values } from '#records'
import { type OutgoingDependencies, rowsWhere, systemIn, text } from './context.ts'
import { escapeHtml } from './html.ts'
import type { Sender } from './model.ts'

/**
 * The body with the default signature of the sending user below it, unless it has one already: it is appended once,
 * however often the email is sent.
 */
export async function signed(
  dependencies: Pick<OutgoingDependencies, 'records'>,
  tx: Executor,
  email: Row,
  sender: Pick<Sender, 'record'>,
): Promise<Values> {
  if (email['emailsignatureid'] || sender.record?.table !== 'systemuser') return {}
  const signature = await signatureOf(dependencies, tx, sender.record.id)
  if (!signature) return {}
  const body = text(email, 'description') ?? ''
  const isHtml = isHtmlBody(email)
  return {
    description: isHtml ? `${body}<br>${signature.body}` : `${asHtml(body)}<br>${signature.body}`,
    mimetype: 'text/html',
    emailsignatureid: { table: 'emailsignature', id: signature.id },
  }
}

/** A user's default signature, as HTML. */
export async function signatureOf(
  dependencies: Pick<OutgoingDependencies, 'records'>,
  tx: Executor,
  userId: string,
): Promise<{ id: string; body: string } | undefined> {
  const columns = ['emailsignatureid', 'body', 'isdefault', 'ownerid', 'modifiedon']
  const rows = await rowsWhere(systemIn(dependencies, tx), 'emailsignature', 'ownerid', [userId], { columns })
  const chosen = rows.find((row) => row['isdefault'] === true)
  const body = chosen && text(chosen, 'body')
  return chosen && body ? { id: String(chosen['emailsignatureid']), body } : undefined
}

export function isHtmlBody(email: Row): boolean {
  const type = text(email, 'mimetype')
  return type ? type === 'text/html' : /<[a-z!/][^>]*>/i.test(text(email, 'description') ?? '')
}

/** Plain text as HTML, line by line. */
export function asHtml(plain: string): string {
  return escapeHtml(plain).replaceAll(/\r?\n/g, '<br>')
}

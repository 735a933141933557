import { SERVED_BY } from './company/users.ts'
import { copiesOf, mailboxOf } from './copies.ts'
import { type DemoExchange, fileInExchange } from './exchange.ts'
import { fileInMaildir } from './maildir.ts'
import type { Letter } from './messages/story.ts'

/** Delivers letters to every place that they name; a repetition changes nothing. */
export async function deliverLetters(
  directory: string,
  exchange: DemoExchange,
  letters: readonly Letter[],
): Promise<void> {
  for (const copy of copiesOf(letters)) {
    if (SERVED_BY[mailboxOf(copy.place)] === 'maildir') await fileInMaildir(directory, copy)
    else await fileInExchange(exchange.sandbox.world, copy)
  }
  await exchange.save()
}

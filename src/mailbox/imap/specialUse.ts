import type { Folder } from '../port.ts'

export type Use = NonNullable<Folder['use']>

const ATTRIBUTES: Record<string, Use> = {
  '\\SENT': 'sent',
  '\\DRAFTS': 'drafts',
  '\\JUNK': 'junk',
  '\\SPAM': 'junk',
  '\\TRASH': 'trash',
  '\\ARCHIVE': 'archive',
}

/** Names that mail clients and servers give such folders, in lower case. */
const NAMES: Record<Exclude<Use, 'inbox'>, readonly string[]> = {
  sent: [
    'sent',
    'sent items',
    'sent messages',
    'sent mail',
    'gesendet',
    'gesendete elemente',
    'gesendete objekte',
    'envoyés',
    'éléments envoyés',
    'messages envoyés',
    'enviados',
    'elementos enviados',
    'posta inviata',
    'verzonden',
    'verzonden items',
    'wysłane',
    'itens enviados',
    'skickat',
    'sendt',
    'отправленные',
    '已发送',
    '送信済み',
  ],
  drafts: ['drafts', 'draft', 'entwürfe', 'brouillons', 'borradores', 'bozze', 'concepten', 'rascunhos', 'utkast'],
  junk: ['junk', 'junk email', 'junk e-mail', 'junk mail', 'spam', 'bulk mail', 'indésirables', 'spamverdacht'],
  trash: [
    'trash',
    'deleted items',
    'deleted messages',
    'bin',
    'papierkorb',
    'gelöschte elemente',
    'gelöschte objekte',
    'corbeille',
    'papelera',
    'cestino',
    'prullenbak',
    'lixeira',
  ],
  archive: ['archive', 'archives', 'archiv', 'archivo', 'archivio', 'archief'],
}

/** The use that a server announces by an attribute of LIST (RFC 6154). */
export function useOfAttributes(attributes: readonly string[]): Use | undefined {
  for (const attribute of attributes) {
    const use = ATTRIBUTES[attribute.toUpperCase()]
    if (use) return use
  }
  return undefined
}

/**
 * Gives each use that no folder announces to the first folder whose name is usual for it, at the top or directly below the
 * inbox.
 */
export function guessUses<F extends { path: readonly string[]; use?: Use }>(folders: readonly F[]): void {
  for (const use of Object.keys(NAMES) as (keyof typeof NAMES)[]) {
    if (folders.some((folder) => folder.use === use)) continue
    const found = folders.find((folder) => {
      const [name, ...above] = [...folder.path].reverse()
      const near = above.length === 0 || (above.length === 1 && above[0] === 'INBOX')
      return near && folder.use === undefined && NAMES[use].includes((name as string).toLowerCase())
    })
    if (found) found.use = use
  }
}

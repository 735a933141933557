import type { Folder } from './port.ts'

/** Names that mail clients and servers give such folders, in lower case. */
const NAMES: Record<Exclude<NonNullable<Folder['use']>, 'inbox'>, readonly string[]> = {
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
    'deleted',
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

const USES = new Map(Object.entries(NAMES).flatMap(([use, names]) => names.map((name) => [name, use as Folder['use']])))

/** What a folder at the top, or right below the inbox, is for by its usual name in some widespread languages. */
export function useOf(path: readonly string[]): Folder['use'] {
  if (isInbox(path)) return 'inbox'
  const [name, ...more] = path[0]?.toUpperCase() === 'INBOX' ? path.slice(1) : path
  return more.length > 0 ? undefined : USES.get((name ?? '').toLowerCase())
}

/** Whatever the case it is written in (RFC 9051 5.1). */
export function isInbox(path: readonly string[]): boolean {
  return path.length === 1 && path[0]?.toUpperCase() === 'INBOX'
}

import type { ItemDependencies } from '../../context.ts'
import { insideDomains } from '../../load/insideDomains.ts'

/**
 * Domains whose people may write for each other: the company's own. Of others nobody can tell a firm from a provider that
 * gives strangers addresses beside each other; and a delegate's mail bears the organizer as its author there as well.
 */
export async function houseOf(dependencies: Pick<ItemDependencies, 'database'>): Promise<ReadonlySet<string>> {
  const domains = await insideDomains(dependencies)
  return new Set([...domains].filter((domain) => domain !== '' && !PUBLIC.has(domain)))
}

/** Large providers at which users of a small company may have addresses, beside everybody else. */
const PUBLIC: ReadonlySet<string> = new Set([
  'gmail.com',
  'googlemail.com',
  'outlook.com',
  'outlook.de',
  'outlook.fr',
  'hotmail.com',
  'hotmail.co.uk',
  'hotmail.de',
  'hotmail.fr',
  'live.com',
  'msn.com',
  'yahoo.com',
  'yahoo.co.uk',
  'yahoo.co.jp',
  'yahoo.de',
  'yahoo.fr',
  'ymail.com',
  'icloud.com',
  'me.com',
  'mac.com',
  'aol.com',
  'gmx.com',
  'gmx.de',
  'gmx.net',
  'gmx.at',
  'gmx.ch',
  'web.de',
  'freenet.de',
  't-online.de',
  'mail.com',
  'proton.me',
  'protonmail.com',
  'fastmail.com',
  'zoho.com',
  'orange.fr',
  'free.fr',
  'laposte.net',
  'libero.it',
  'bluewin.ch',
  'comcast.net',
  'verizon.net',
  'mail.ru',
  'yandex.com',
  'yandex.ru',
  'qq.com',
  '163.com',
  '126.com',
  'sina.com',
  'naver.com',
])

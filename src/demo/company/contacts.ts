import { ACCOUNTS } from './accounts.ts'
import type { UserKey } from './users.ts'

export interface Contact {
  key: string
  first: string
  last: string
  title: string
  account: string
  address: string
  owner: UserKey
  inactive?: boolean
}

/** Key, name, title; what follows differs from the usual: own address, other owner, inactive. */
type Line = readonly [
  key: string,
  first: string,
  last: string,
  title: string,
  more?: { mailbox?: string; owner?: UserKey; inactive?: boolean },
]

const lines: Readonly<Record<string, readonly Line[]>> = {
  nordhavn: [
    ['ingrid', 'Ingrid', 'Thorsen', 'Head of operations'],
    ['lars', 'Lars', 'Mikkelsen', 'Purchaser'],
    ['anne', 'Anne', 'Frandsen', 'Accounts payable'],
  ],
  fjordlys: [
    ['oddvar', 'Oddvar', 'Lie', 'Plant manager'],
    ['silje', 'Silje', 'Aas', 'Project engineer'],
    ['brandvold', 'Ole', 'Brandvold', 'Former plant manager', { inactive: true }],
  ],
  skogby: [
    ['gunilla', 'Gunilla', 'Ek', 'Water engineer'],
    ['pontus', 'Pontus', 'Wall', 'Procurement'],
    ['maud', 'Maud', 'Sjöberg', 'Registry'],
  ],
  osterby: [
    ['hakan', 'Håkan', 'Lind', 'Maintenance'],
    ['ylva', 'Ylva', 'Norén', 'Energy manager'],
    ['sten', 'Sten', 'Åberg', 'Finance'],
  ],
  bryggen: [
    ['marit', 'Marit', 'Hauge', 'Facility manager'],
    ['knut', 'Knut', 'Strand', 'Technician'],
    ['eirik', 'Eirik', 'Moen', 'Finance'],
  ],
  aurinko: [
    ['aino', 'Aino', 'Virtanen', 'Process engineer'],
    ['pekka', 'Pekka', 'Laine', 'Mill manager'],
    ['sanna', 'Sanna', 'Koski', 'Purchasing'],
  ],
  kestrel: [
    ['nigel', 'Nigel', 'Harrow', 'Brewery engineer'],
    // Two people behind one address: which of them wrote is told only by who owns them (T-63).
    ['purchasing1', 'Beth', 'Calloway', 'Purchasing', { mailbox: 'purchasing', owner: 'mira' }],
    ['purchasing2', 'Dev', 'Patel', 'Purchasing', { mailbox: 'purchasing' }],
  ],
  lumen: [
    ['niamh', 'Niamh', 'Kearney', 'Technical director'],
    ['declan', 'Declan', 'Roche', 'Maintenance'],
    ['orla', 'Orla', 'Byrne', 'Quality'],
  ],
  lahemaa: [
    ['kaarel', 'Kaarel', 'Tamm', 'Chief engineer'],
    ['liis', 'Liis', 'Saar', 'Logistics'],
    ['madis', 'Madis', 'Rebane', 'Workshop'],
  ],
  cascade: [
    ['wiebke', 'Wiebke', 'Harms', 'Network coordinator'],
    ['arne', 'Arne', 'Petersen', 'Installer, Kiel'],
    ['selma', 'Selma', 'Aydin', 'Installer, Bremen'],
  ],
  kern: [
    ['otto', 'Otto', 'Kern', 'Managing director'],
    ['technik1', 'Jule', 'Maier', 'Technical office', { mailbox: 'technik', owner: 'tomasz' }],
    ['technik2', 'Ralf', 'Bosch', 'Technical office', { mailbox: 'technik' }],
  ],
  dupre: [
    ['camille', 'Camille', 'Dupré', 'Owner'],
    ['office', 'Hélène', 'Morel', 'Office', { mailbox: 'bureau' }],
    ['luc', 'Luc', 'Garnier', 'Workshop'],
  ],
  ravello: [
    ['giulia', 'Giulia', 'Amato', 'Spa director'],
    ['salvatore', 'Salvatore', 'Esposito', 'Technician'],
    ['paola', 'Paola', 'Conti', 'Administration'],
  ],
  castell: [
    ['ramon', 'Ramón', 'Castell', 'Owner'],
    ['nuria', 'Núria', 'Vidal', 'Cellar master'],
    ['pilar', 'Pilar', 'Ibáñez', 'Accounts'],
  ],
  pramen: [
    ['jirina', 'Jiřina', 'Dvořáková', 'Bottling manager'],
    ['vaclav', 'Václav', 'Kříž', 'Maintenance'],
    ['lenka', 'Lenka', 'Malá', 'Quality'],
  ],
  akagi: [
    ['haruka', 'Haruka', 'Sato', 'Operations'],
    ['kenji', 'Kenji', 'Watanabe', 'Engineer'],
    ['yui', 'Yui', 'Mori', 'Import desk'],
  ],
  marmara: [
    ['deniz', 'Deniz', 'Yıldız', 'Dye house manager'],
    ['ayse', 'Ayşe', 'Kaya', 'Purchasing'],
    ['emre', 'Emre', 'Demir', 'Maintenance'],
  ],
  polder: [
    ['saskia', 'Saskia', 'de Boer', 'Polder engineer'],
    ['bram', 'Bram', 'Visser', 'Field service'],
    ['fenna', 'Fenna', 'Smit', 'Planning'],
  ],
  alpenbahn: [
    ['urs', 'Urs', 'Caduff', 'Station technician'],
    ['regula', 'Regula', 'Meier', 'Procurement'],
    ['flurin', 'Flurin', 'Cathomas', 'Snow making'],
  ],
  ionia: [
    ['eleni', 'Eleni', 'Markou', 'Dock manager'],
    ['stavros', 'Stavros', 'Pappas', 'Fitter'],
    ['nikos', 'Nikos', 'Vlachos', 'Stores'],
  ],
}

/** Letters as they stand in an address. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ı', 'i')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '.')
}

export const CONTACTS: readonly Contact[] = ACCOUNTS.flatMap((account) =>
  (lines[account.key] ?? []).map(([key, first, last, title, more = {}]) => ({
    key,
    first,
    last,
    title,
    account: account.key,
    address: `${more.mailbox ?? plain(`${first} ${last}`)}@${account.domain}`,
    owner: more.owner ?? account.owner,
    ...(more.inactive ? { inactive: true } : {}),
  })),
)

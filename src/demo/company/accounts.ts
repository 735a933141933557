import type { UserKey } from './users.ts'

export interface Account {
  key: string
  name: string
  domain: string
  city: string
  country: string
  owner: UserKey
}

type Line = readonly [key: string, name: string, domain: string, city: string, country: string, owner: UserKey]

const lines: readonly Line[] = [
  ['nordhavn', 'Nordhavn Vandværk', 'nordhavn-vand.example', 'Aarhus', 'Denmark', 'mira'],
  ['fjordlys', 'Fjordlys Energi', 'fjordlys.example', 'Bergen', 'Norway', 'mira'],
  ['skogby', 'Skogby Kommun', 'skogby.example', 'Skogby', 'Sweden', 'mira'],
  ['osterby', 'Österby Stålverk', 'osterby-stal.example', 'Österby', 'Sweden', 'mira'],
  ['bryggen', 'Bryggen Hotels', 'bryggen-hotels.example', 'Stavanger', 'Norway', 'mira'],
  ['aurinko', 'Aurinko Paper Oy', 'aurinko-paper.example', 'Tampere', 'Finland', 'jonas'],
  ['kestrel', 'Kestrel Breweries Ltd', 'kestrel-breweries.example', 'York', 'United Kingdom', 'jonas'],
  ['lumen', 'Lumen Dairies', 'lumen-dairies.example', 'Cork', 'Ireland', 'jonas'],
  ['lahemaa', 'Lahemaa Laevad OÜ', 'lahemaa-laevad.example', 'Tallinn', 'Estonia', 'jonas'],
  ['cascade', 'Cascade Installers Network', 'cascade-installers.example', 'Hamburg', 'Germany', 'jonas'],
  ['kern', 'Kern Apparatebau GmbH', 'kern-apparatebau.example', 'Ulm', 'Germany', 'elena'],
  ['dupre', 'Dupré & Fils', 'dupre-fils.example', 'Lyon', 'France', 'tomasz'],
  ['ravello', 'Ravello Terme S.p.A.', 'ravello-terme.example', 'Ravello', 'Italy', 'elena'],
  ['castell', 'Bodegas Castell', 'bodegas-castell.example', 'Tarragona', 'Spain', 'tomasz'],
  ['pramen', 'Zlatý Pramen a.s.', 'zlaty-pramen.example', 'Plzeň', 'Czechia', 'priya'],
  ['akagi', 'Akagi Onsen Works', 'akagi-onsen.example', 'Maebashi', 'Japan', 'tomasz'],
  ['marmara', 'Marmara Tekstil', 'marmara-tekstil.example', 'Bursa', 'Türkiye', 'priya'],
  ['polder', 'Polderwerk B.V.', 'polderwerk.example', 'Utrecht', 'Netherlands', 'elena'],
  ['alpenbahn', 'Helvetia Alpenbahn', 'helvetia-alpenbahn.example', 'Chur', 'Switzerland', 'tomasz'],
  ['ionia', 'Ionia Shipyards', 'ionia-shipyards.example', 'Patras', 'Greece', 'priya'],
]

export const ACCOUNTS: readonly Account[] = lines.map(([key, name, domain, city, country, owner]) => ({
  key,
  name,
  domain,
  city,
  country,
  owner,
}))

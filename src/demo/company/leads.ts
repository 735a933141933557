import type { UserKey } from './users.ts'

export interface Lead {
  key: string
  first: string
  last: string
  company: string
  address: string
  topic: string
  owner: UserKey
}

type Line = readonly [
  key: string,
  first: string,
  last: string,
  company: string,
  address: string,
  topic: string,
  owner: UserKey,
]

const lines: readonly Line[] = [
  ['vestergaard', 'Karen', 'Vestergaard', 'Marselis Bad', 'karen@marselis-bad.example', 'Swimming hall pumps', 'mira'],
  ['halvorsen', 'Tor', 'Halvorsen', 'Nordlaks Oppdrett', 'tor@nordlaks-oppdrett.example', 'Fish farm oxygen', 'mira'],
  ['bergstrom', 'Elsa', 'Bergström', 'Mälar Kyla', 'elsa@malar-kyla.example', 'Lake cooling', 'mira'],
  ['kovanen', 'Ilkka', 'Kovanen', 'Saimaa Saha', 'ilkka@saimaa-saha.example', 'Sawmill sprinklers', 'jonas'],
  ['ashworth', 'Tamsin', 'Ashworth', 'Pennine Spring Water', 'tamsin@pennine-spring.example', 'Bottling line', 'jonas'],
  ['gallagher', 'Sean', 'Gallagher', 'Slieve Distillers', 'sean@slieve-distillers.example', 'Still cooling', 'jonas'],
  ['ozols', 'Edgars', 'Ozols', 'Rīgas Siltums Serviss', 'edgars@siltums-serviss.example', 'District heating', 'jonas'],
  ['weidmann', 'Petra', 'Weidmann', 'Weidmann Färberei', 'petra@weidmann-faerberei.example', 'Dye bath', 'elena'],
  ['lacroix', 'Antoine', 'Lacroix', 'Thermes de Valmont', 'antoine@thermes-valmont.example', 'Thermal wells', 'tomasz'],
  ['ferrante', 'Chiara', 'Ferrante', 'Cantina Ferrante', 'chiara@cantina-ferrante.example', 'Must cooling', 'elena'],
  ['ortega', 'Luz', 'Ortega', 'Huerta Ortega', 'luz@huerta-ortega.example', 'Drip irrigation', 'tomasz'],
  ['novotna', 'Dana', 'Novotná', 'Lázně Bělá', 'dana@lazne-bela.example', 'Spa renovation', 'priya'],
  ['polat', 'Murat', 'Polat', 'Ege Zeytin', 'murat@ege-zeytin.example', 'Olive press', 'priya'],
  ['dijkstra', 'Joost', 'Dijkstra', 'Waterschap Rijnmond', 'joost@waterschap-rijnmond.example', 'Tender', 'elena'],
  ['stamou', 'Irini', 'Stamou', 'Kefalonia Marina', 'irini@kefalonia-marina.example', 'Bilge station', 'priya'],
]

export const LEADS: readonly Lead[] = lines.map(([key, first, last, company, address, topic, owner]) => ({
  key,
  first,
  last,
  company,
  address,
  topic,
  owner,
}))

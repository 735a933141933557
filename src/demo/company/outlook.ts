/** What Mira keeps in Outlook besides her mail, before anything is synchronized; days are counted from today. */

/** A customer whom the CRM has too, or somebody who is nobody else’s business. */
export type OutlookContact = { mobile?: string } & ({ who: string } | { first: string; last: string; address: string })

export const OUTLOOK_CONTACTS: readonly OutlookContact[] = [
  { who: 'ingrid', mobile: '+45 5550 1201' },
  { who: 'lars' },
  { who: 'oddvar', mobile: '+47 5550 1330' },
  { who: 'gunilla' },
  { first: 'Berit', last: 'Solberg', address: 'berit.solberg@mailboks.example', mobile: '+47 5550 9001' },
  { first: 'Tannlege', last: 'Aasen', address: 'time@tannlege-aasen.example' },
  { first: 'Bjørn', last: 'Koren', address: 'bjorn@korlaget.example' },
]

export interface OutlookMeeting {
  subject: string
  day: number
  /** `09:00`, on the wall of her zone. */
  from: string
  to: string
  with?: readonly string[]
  /** Tracked by its category (AP-3). */
  tracked?: boolean
  weekly?: number
  location?: string
}

export const OUTLOOK_MEETINGS: readonly OutlookMeeting[] = [
  {
    subject: 'Commissioning at Aarhus East',
    day: 12,
    from: '09:00',
    to: '12:00',
    with: ['ingrid'],
    tracked: true,
    location: 'Pumping station Aarhus East',
  },
  { subject: 'Walk through the offers', day: 3, from: '08:30', to: '09:00', weekly: 8, tracked: true },
  { subject: 'Parents’ evening', day: 5, from: '18:00', to: '20:00' },
  { subject: 'Dentist', day: 9, from: '15:15', to: '15:45' },
]

export const OUTLOOK_TASKS: readonly { subject: string; due: number; tracked?: boolean }[] = [
  { subject: 'Ask Skogby for the pump curves', due: 4, tracked: true },
  { subject: 'Winter tyres', due: 2 },
]

/** What Mira has planned in the CRM. */
export const CRM_MEETINGS = [
  { key: 'skogby-visit', subject: 'Site visit, wells of Skogby', day: 6, from: '10:00', to: '11:30', with: 'gunilla' },
  {
    key: 'bryggen-baths',
    subject: 'Heat recovery: final questions',
    day: 8,
    from: '13:00',
    to: '13:45',
    with: 'marit',
  },
] as const

export const CRM_TASKS = [
  { key: 'parts-list', table: 'task', subject: 'Send the parts list to Ingrid', due: 2 },
  { key: 'call-osterby', table: 'phonecall', subject: 'Call Ylva about the energy meter', due: 3 },
] as const

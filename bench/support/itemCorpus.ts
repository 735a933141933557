import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type NewContact, type NewEvent, printContact, printEvent } from '#mailbox'
import { PARTICIPATION, type Values } from '#records'

/** How much a mailbox, or a user of the CRM, holds. */
export interface ItemCounts {
  contacts: number
  /** Series among them. */
  appointments: number
  series: number
}

export const ITEM_ZONE = 'Europe/Berlin'
/** Appointments of a day, so that nobody is booked twice at once (AP-53); series come in the evening. */
const PER_DAY = 16
const FIRST_DAY = Date.UTC(2026, 5, 1)
const DAY = 86_400_000
const MONDAY = 2

/** A contact with what people usually fill in. */
function personOf(n: number) {
  return {
    first: `Person${n % 997}`,
    last: `Number${n}`,
    address: `person${n}@customer.example`,
    phone: `+49 30 ${1_000_000 + n}`,
    mobile: `+49 170 ${1_000_000 + n}`,
    title: ['Buyer', 'Head of sales', 'Engineer', 'Director'][n % 4] as string,
    company: `Customer ${n % 500} GmbH`,
    street: `Main street ${n % 200}`,
    city: ['Berlin', 'Hamburg', 'München', 'Köln'][n % 4] as string,
    code: String(10_000 + (n % 80_000)),
    notes: `Met at the fair.\nAsked about product ${n % 100}.`,
  }
}

/** When the nth appointment begins and ends, as the wall clocks of its zone say. */
function timesOf(n: number, isSeries: boolean): { start: string; end: string } {
  const at = isSeries
    ? { day: n % 7, minutes: 18 * 60 }
    : { day: Math.floor(n / PER_DAY), minutes: (n % PER_DAY) * 30 + 480 }
  const local = (minutes: number) => new Date(FIRST_DAY + at.day * DAY + minutes * 60_000).toISOString().slice(0, 19)
  return { start: local(at.minutes), end: local(at.minutes + 30) }
}

const subjectOf = (n: number) => `Visit ${n} of customer ${n % 500}`
const placeOf = (n: number) => `Room ${n % 20}`
const notesOf = (n: number) => `Agenda of visit ${n}:\n1. offer\n2. delivery\n3. questions`
const isSeries = (n: number, { series }: ItemCounts) => n < series

/**
 * The corpus as files, one per item, as programs that copy calendars and address books to folders keep it. All is
 * marked for tracking, as the App for Outlook would.
 */
export function writeItemFiles(directory: string, counts: ItemCounts): void {
  const [contacts, calendar] = ['contacts', 'calendar'].map((name) => join(directory, name)) as [string, string]
  for (const folder of [contacts, calendar]) mkdirSync(folder, { recursive: true })
  const marks = { state: 'pending' }
  const options = { address: '', now: new Date(FIRST_DAY), fallback: ITEM_ZONE }
  for (let n = 0; n < counts.contacts; n++)
    writeFileSync(join(contacts, `contact-${n}.vcf`), printContact({ ...contactOf(n), marks }, `contact-${n}`))
  for (let n = 0; n < counts.appointments; n++) {
    const text = printEvent({ ...eventOf(n, isSeries(n, counts)), marks }, `visit-${n}`, options)
    writeFileSync(join(calendar, `visit-${n}.ics`), text)
  }
}

function contactOf(n: number): NewContact {
  const { first, last, address, phone, mobile, title, company, street, city, code, notes } = personOf(n)
  return {
    kind: 'contact',
    fields: {
      displayName: `${first} ${last}`,
      firstName: first,
      lastName: last,
      email1: address,
      businessPhone: phone,
      mobile,
      jobTitle: title,
      company,
      businessAddress: { street, city, postalCode: code, country: 'Germany' },
      body: { text: notes },
    },
  }
}

function eventOf(n: number, repeats: boolean): NewEvent {
  return {
    kind: 'event',
    fields: {
      subject: subjectOf(n),
      location: placeOf(n),
      body: { text: notesOf(n) },
      time: { allDay: false, ...timesOf(n, repeats), zone: ITEM_ZONE },
      showAs: 'busy',
      importance: 'normal',
      sensitivity: 'normal',
    },
    ...(repeats
      ? {
          series: {
            recurrence: { frequency: 'weekly', interval: 1, end: { count: 10 } },
            cancelled: [],
            exceptions: [],
          },
        }
      : {}),
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** The same as plain values. */
export function itemsOf(counts: ItemCounts) {
  return {
    people: numbers(counts.contacts).map(personOf),
    visits: numbers(counts.appointments).map((n) => {
      const repeats = isSeries(n, counts)
      const said = { uid: `visit-${n}`, subject: subjectOf(n), place: placeOf(n), notes: notesOf(n) }
      return { ...said, ...timesOf(n, repeats), repeats }
    }),
  }
}

/** The same as records of the CRM. */
export function recordsOfItems(counts: ItemCounts): { table: string; rows: Values[] }[] {
  const series = numbers(counts.appointments).filter((n) => isSeries(n, counts))
  const single = numbers(counts.appointments).filter((n) => !isSeries(n, counts))
  return [
    { table: 'contact', rows: numbers(counts.contacts).map(contactRow) },
    { table: 'appointment', rows: single.map((n) => appointmentRow(n, false)) },
    { table: 'recurringappointmentmaster', rows: series.map((n) => ({ ...appointmentRow(n, true), ...patternOf(n) })) },
  ]
}

function contactRow(n: number): Values {
  const { first, last, address, phone, mobile, title, street, city, code, notes } = personOf(n)
  return {
    firstname: first,
    lastname: last,
    emailaddress1: address,
    telephone1: phone,
    mobilephone: mobile,
    jobtitle: title,
    address1_line1: street,
    address1_city: city,
    address1_postalcode: code,
    address1_country: 'Germany',
    description: notes,
  }
}

function appointmentRow(n: number, repeats: boolean): Values {
  const { start, end } = timesOf(n, repeats)
  return {
    subject: subjectOf(n),
    location: placeOf(n),
    description: notesOf(n),
    scheduledstart: new Date(`${start}Z`),
    scheduledend: new Date(`${end}Z`),
    scheduleddurationminutes: 30,
  }
}

function patternOf(n: number): Values {
  const { start, end } = timesOf(n, true)
  const [first, last] = [new Date(`${start}Z`), new Date(`${end}Z`)]
  return {
    starttime: first,
    endtime: last,
    duration: 30,
    timezone: 'UTC',
    recurrencepatterntype: 1,
    interval: 1,
    daysofweekmask: 1 << first.getUTCDay(),
    firstdayofweek: Math.log2(MONDAY),
    patternstartdate: start.slice(0, 10),
    patternendtype: 2,
    occurrences: 10,
    effectivestartdate: first,
    effectiveenddate: new Date(last.getTime() + 9 * 7 * DAY),
  }
}

/** The owner as the organizer of appointments: by this her filters choose them (SF-40). */
export function organizerOf(table: string, id: string, user: { id: string; address: string }): Values {
  return {
    activityid: { table, id },
    participationtypemask: PARTICIPATION.organizer,
    partyid: { table: 'systemuser', id: user.id },
    addressused: user.address,
  }
}

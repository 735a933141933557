import { byAll, byKnownSender, type Expected, type Letter, noMatch, type Place, type Story, tracked } from './story.ts'

/** What partners and field services report every week: the place, who writes to whom, and one line a week. */
const reports: readonly {
  key: string
  place: string
  from: string
  to: string
  in: Place
  expect: Expected
  weeks: readonly string[]
}[] = [
  {
    key: 'kiel',
    place: 'Kiel',
    from: 'arne',
    to: 'mira',
    in: 'mira',
    expect: byKnownSender,
    weeks: [
      'Two HV-32 installed at the shipyard.',
      'One installation put off, the crane was elsewhere.',
      'Seal changed at the brewery, under warranty.',
      'Nothing but rain.',
      'Three offers written, one with a good smell.',
      'The shipyard wants two more.',
      'Stock: four HV-32, no HV-40.',
    ],
  },
  {
    key: 'bremen',
    place: 'Bremen',
    from: 'selma',
    to: 'mira',
    in: 'mira',
    expect: byKnownSender,
    weeks: [
      'Commissioning at the dairy done, signed.',
      'Dairy calls: the display speaks Polish. Solved.',
      'Fair in Oldenburg: 41 visiting cards.',
      'Twelve of them answered.',
      'One ordered.',
      'New apprentice, knows more than me about telephones.',
      'Apprentice has repaired the display.',
    ],
  },
  {
    key: 'network',
    place: 'the network',
    from: 'wiebke',
    to: 'jonas',
    in: 'jonas',
    expect: byAll,
    weeks: [
      'Nine partners reported, Rostock is on holiday.',
      'Rostock is back and has sold two.',
      'Eleven enquiries handed on, four to the competition.',
      'Training in December: 52 of 64 have said yes.',
      'Flensburg asks for better terms. Everybody does.',
      'Hamburg moves to a new hall.',
      'Best week of the year: 14 orders.',
    ],
  },
  {
    key: 'polder',
    place: 'the polder stations',
    from: 'fenna',
    to: 'support',
    in: 'support',
    expect: byAll,
    weeks: [
      'Stations 1 to 8 inspected, no remarks.',
      'Station 5: eel in the strainer. Released.',
      'Station 2: anode at 40 per cent.',
      'High water, all stations ran for 31 hours.',
      'Station 5: the eel again, or its brother.',
      'Station 7: door lock frozen.',
      'All quiet. The eel sends greetings.',
    ],
  },
  {
    key: 'patras',
    place: 'Patras',
    from: 'nikos',
    to: 'support',
    in: 'support',
    expect: byAll,
    weeks: [
      'Stores: 14 seals, 6 bearings, 1 impeller.',
      'Stores: 11 seals, 6 bearings, 1 impeller.',
      'Stores: 11 seals, 2 bearings, no impeller. Please send.',
      'Impeller arrived, wrong side.',
      'Right impeller arrived.',
      'Counted all screws. Never again.',
      'Stores: 10 seals, 8 bearings, 2 impellers.',
    ],
  },
  {
    key: 'cork',
    place: 'Cork',
    from: 'orla',
    to: 'jonas',
    in: 'jonas',
    expect: byAll,
    weeks: [
      'Swabs of hall B: all clean.',
      'Swabs of hall B: one to repeat, at the return pump.',
      'Repeated: clean. It was the swab.',
      'Temperature of the cleaning: 74 degrees, as agreed.',
      'Caustic down by a tenth since the new nozzles.',
      'The auditor announced himself.',
      'The auditor has gone. See what Niamh writes.',
    ],
  },
  {
    key: 'valley',
    place: 'the valley station',
    from: 'urs',
    to: 'support',
    in: 'support',
    expect: byAll,
    weeks: [
      'Pumps 1 and 2 greased for the winter.',
      'First frost, test of the heating bands.',
      'Band 3 stays cold. Fuse.',
      'Fuse changed, band 3 is warm.',
      'Night at minus six: 40 cm of snow made.',
      'Pressure drops by two bar above 90 litres per second.',
      'Strainer was full of larch needles.',
    ],
  },
]

const suppliers: readonly (readonly [name: string, address: string, what: string])[] = [
  ['Castings Vogel', 'billing@vogel-castings.example', 'castings'],
  ['Seal & Sons', 'accounts@seal-and-sons.example', 'shaft seals'],
  ['Copper Union', 'invoice@copper-union.example', 'motor windings'],
]

const accounting: readonly (readonly [who: string, subject: string, text: string])[] = [
  ['anne', 'Payment of invoice 40088', 'Paid on the 3rd, less two per cent.'],
  ['sten', 'Which of the two is right?', 'Invoices 40091 and 40092 are for the same pump, I think.'],
  ['eirik', 'Reminder? We paid', 'See the enclosed slip of the bank.'],
  ['anne', 'Our new invoice address', 'From December on please by email only.'],
  ['sten', 'Thank you for the credit note', 'Booked.'],
  ['pontus', 'Order number missing', 'The municipality pays nothing without its order number.'],
]

const followUps: readonly (readonly [lead: string, topic: string])[] = [
  ['kovanen', 'the sprinklers for the sawmill'],
  ['ashworth', 'your bottling line'],
  ['gallagher', 'cooling of the stills'],
  ['ozols', 'district heating'],
  ['halvorsen', 'oxygen for the fish farm'],
  ['bergstrom', 'cooling from the lake'],
]

function followUp([lead, topic]: readonly [string, string], index: number): readonly Letter[] {
  const seller = index < 4 ? 'jonas' : 'mira'
  const sold = seller === 'jonas' ? 'AutomaticAll' : 'AutomaticKnownSender'
  return [
    {
      id: `fair-${lead}`,
      from: seller,
      to: [lead],
      subject: `After the fair: ${topic}`,
      when: `-${24 - index} 16:00`,
      text: `It was good to talk to you at our stand. About ${topic}: may I call you on Thursday?`,
      in: { [`${seller}/Sent`]: tracked('AutomaticSentItem') },
    },
    {
      id: `fair-${lead}-yes`,
      from: lead,
      to: [seller],
      answers: `fair-${lead}`,
      // Half of them answer today, when what was sent is known; to the others the Inbox comes first.
      when: index % 2 === 0 ? `06:${10 + index}` : `-${20 - index} 06:30`,
      text: 'Thursday after two, please.',
      in: {
        [seller]: tracked(sold, { sender: `lead/${lead}`, ...(index % 2 === 0 ? { by: 'inReplyTo' as const } : {}) }),
      },
    },
  ]
}

export const everyday: readonly Story[] = [
  ...reports.map(
    (report): Story => ({
      title: `The weekly reports from ${report.place}`,
      letters: report.weeks.map((text, week) => ({
        id: `report-${report.key}-${week + 1}`,
        from: report.from,
        to: [report.to],
        subject: `Week ${39 + week}, ${report.place}`,
        when: `-${49 - week * 7} 15:${report.place.length + 10}`,
        text,
        in: { [report.in]: report.expect },
      })),
    }),
  ),
  {
    title: 'Bills of suppliers, whom the CRM does not know',
    letters: suppliers.flatMap(([name, address, what], at) =>
      [51, 42, 35, 28, 20, 11, 4].map((day, index) => ({
        id: `bill-${at + 1}-${index + 1}`,
        from: `${name} <${address}>`,
        to: ['elena'],
        subject: `Invoice ${7000 + at * 300 + index * 11}`,
        when: `-${day} 02:${10 + at}`,
        text: `For ${what}, delivered last month. Thirty days net.`,
        in: { elena: noMatch },
      })),
    ),
  },
  {
    title: 'Accounts payable and receivable',
    letters: accounting.map(([from, subject, text], index) => ({
      id: `accounts-${index + 1}`,
      from,
      to: ['mira'],
      subject,
      when: `-${44 - index * 7} 13:30`,
      text,
      in: { mira: byKnownSender },
    })),
  },
  {
    title: 'After the fair: what is sent to leads is tracked, and so are their answers',
    letters: followUps.flatMap(followUp),
  },
  {
    title: 'What Mira sends to people whom the CRM does not know',
    letters: ['Crane hire', 'Hotel booking', 'Language course', 'Garage', 'Printer of catalogues', 'Caterer'].map(
      (name, index) => ({
        id: `errand-${index + 1}`,
        from: 'mira',
        to: [`${name} <office@${name.toLowerCase().replaceAll(' ', '-')}.example>`],
        subject: `Question to ${name}`,
        when: `-${38 - index * 6} 17:10`,
        text: 'When would you have time for us?',
        in: { 'mira/Sent': noMatch },
      }),
    ),
  },
]

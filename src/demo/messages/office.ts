import {
  byAll,
  byKnownSender,
  type Letter,
  linked,
  noMatch,
  noRecipient,
  refused,
  type Story,
  tracked,
} from './story.ts'

const blocked = refused('Blocked')

/** One talk of every week: who proposes, what, and what the other answers. */
const lunches: readonly (readonly [string, string])[] = [
  ['The new place at the harbour has fish on Fridays.', 'Fish. Twelve sharp, I have a call at one.'],
  ['Soup at the canteen, they say it is lentil.', 'They say that every week. I come anyway.'],
  ['Sandwiches in the park while the sun lasts?', 'It lasts until half past. Hurry.'],
  ['Henrik’s birthday: cake at three instead of lunch.', 'I bring the candles. How many?'],
  ['Thai, but the one with the chairs.', 'With chairs, then. I am hungry already.'],
  ['I brought my own, but I keep you company.', 'Then I bring mine too.'],
  ['Last day of the pumpkin soup.', 'Do not start without me.'],
  ['The kitchen is being painted. Out?', 'Out. Anywhere without paint.'],
]

function lunch([proposal, answer]: readonly [string, string], index: number): readonly Letter[] {
  const day = 55 - index * 7
  return [
    {
      id: `lunch-${index + 1}`,
      from: 'mira',
      to: ['elena'],
      subject: `Lunch on Friday, week ${38 + index}`,
      when: `-${day} 09:40`,
      text: proposal,
      in: { elena: noMatch, 'mira/Sent': noMatch },
    },
    {
      id: `lunch-${index + 1}-yes`,
      from: 'elena',
      to: ['mira'],
      answers: `lunch-${index + 1}`,
      when: `-${day} 10:05`,
      text: answer,
      in: { mira: noMatch, 'elena/Sent': noMatch },
    },
  ]
}

const announcements: readonly (readonly [subject: string, text: string])[] = [
  ['Fire drill on Tuesday', 'At ten. Leave the coffee, take the stairs.'],
  ['Parking deck closed', 'Level 2 is closed until the lamps are repaired.'],
  ['Welcome, Ida!', 'Ida Strøm begins in production today. Say hello.'],
  ['Flu vaccination', 'The doctor comes on the 20th. Lists hang in the kitchen.'],
  ['Lost: one grey glove', 'Left hand, found in the test hall by the HV-80.'],
  ['Network maintenance', 'No network on Saturday between six and eight.'],
  ['Christmas party', 'The 11th of December, the boat again. Bring a coat.'],
  ['Travel expenses', 'Receipts of October by Monday, please, and not in a shoe box.'],
]

export const office: readonly Story[] = [
  { title: 'Lunch talk between colleagues is nobody’s activity', letters: lunches.flatMap(lunch) },
  {
    title: 'The list of everybody: its address is nobody, so only who takes all email takes it',
    letters: announcements.map(([subject, text], index) => ({
      id: `everybody-${index + 1}`,
      from: 'henrik',
      to: ['everybody'],
      subject: `[all] ${subject}`,
      headers: { 'List-Id': '<all.haldenvoss.example>', Precedence: 'list' },
      when: `-${50 - index * 6} 08:30`,
      text,
      in: {
        mira: noRecipient,
        // The head of sales has chosen all email; that counts though he is not named (T-25). Then it is there for all.
        ...(index % 4 === 0
          ? { jonas: tracked('AutomaticAll', { sender: 'systemuser/henrik' }), elena: linked() }
          : { elena: noRecipient }),
      },
    })),
  },
  {
    title: 'A customer writes to the list of the sales team',
    letters: [
      {
        id: 'salesteam-kestrel',
        from: 'nigel',
        to: ['salesteam'],
        subject: 'Whom do I ask about spare keys?',
        headers: { 'List-Id': '<sales-team.haldenvoss.example>' },
        when: '-10 14:20',
        text: 'The control cabinet is locked and so is the drawer with the key.',
        in: { mira: noRecipient, jonas: byAll },
      },
    ],
  },
  {
    title: 'Private matters of Mira’s: her doctor, her bank, and what is marked private',
    letters: [
      {
        id: 'private-doctor',
        from: 'Praxis Dr. Aagaard <reception@praxis-aagaard.example>',
        to: ['mira'],
        subject: 'Your appointment',
        when: '-21 07:00',
        text: 'We confirm Thursday, 8:15.',
        in: { mira: blocked },
      },
      {
        id: 'private-bank-1',
        from: 'Fjellbanken <service@mail.fjellbanken.example>',
        to: ['mira'],
        subject: 'Your statement is ready',
        when: '-32 04:00',
        text: 'Log in to read it.',
        in: { mira: blocked },
      },
      {
        id: 'private-bank-2',
        from: 'Fjellbanken <service@mail.fjellbanken.example>',
        to: ['mira'],
        subject: 'Your statement is ready',
        when: '-2 04:00',
        text: 'Log in to read it.',
        in: { mira: blocked },
      },
      {
        id: 'private-marked',
        from: 'silje',
        to: ['mira'],
        subject: 'Between us',
        headers: { Sensitivity: 'Private' },
        when: '-17 19:30',
        text: 'I have applied for the job in Trondheim. Nobody knows yet.',
        in: { mira: blocked },
      },
      {
        id: 'private-blocked-category',
        from: 'Praxis Dr. Aagaard <reception@praxis-aagaard.example>',
        to: ['mira'],
        subject: 'Your results',
        when: '-1 07:00',
        text: 'Everything is in order.',
        in: { mira: blocked }, // not even by her own hand
        marked: ['mira'],
      },
    ],
  },
  {
    title: 'What the organization blocks for everybody: a domain and a subject',
    letters: [
      {
        id: 'casino-1',
        from: 'Casino Royal <win@promo.casino-royal.example>',
        to: ['jonas'],
        subject: 'You have WON',
        when: '-30 03:00',
        text: 'Claim your prize of 1,000,000.',
        in: { jonas: blocked },
      },
      {
        id: 'casino-2',
        from: 'Casino Royal <win@promo.casino-royal.example>',
        to: ['support'],
        subject: 'Last chance to claim',
        when: '-23 03:00',
        text: 'Really the last one.',
        in: { support: blocked },
      },
      ...['mira', 'jonas', 'elena'].map(
        (who): Letter => ({
          id: `payslip-${who}`,
          from: 'Payroll <payroll@haldenvoss.example>',
          to: [who],
          subject: 'Your payslip of October',
          when: '-13 06:00',
          text: 'The document is in your personal folder.',
          in: { [who as 'mira']: blocked },
        }),
      ),
    ],
  },
  {
    title: 'Colleagues about a customer: the head of sales takes it, and a reply to it is a reply to everybody',
    letters: [
      {
        id: 'internal-discount',
        from: 'elena',
        to: ['jonas'],
        subject: 'Discount for Kern?',
        when: '-18 10:00',
        text: 'Otto asks for three per cent. He always does.',
        in: { jonas: tracked('AutomaticAll', { sender: 'systemuser/elena' }), 'elena/Sent': noMatch },
      },
      {
        id: 'internal-discount-2',
        from: 'jonas',
        to: ['elena'],
        cc: ['mira'],
        answers: 'internal-discount',
        when: '-18 10:20',
        text: 'Two, and he may say that he won.',
        in: {
          // Mira’s mailbox comes first, before Jonas’s email is known: nobody accepts it there.
          mira: noMatch,
          'jonas/Sent': tracked('AutomaticSentItem', { by: 'inReplyTo' }),
          elena: tracked('AutomaticReply', { by: 'inReplyTo' }),
        },
      },
    ],
  },
  {
    title: 'To the queue: what users write, and an address of ours that is not connected',
    letters: [
      {
        id: 'internal-support',
        from: 'mira',
        to: ['support'],
        subject: 'Please call Lars at Nordhavn',
        when: '-16 12:00',
        text: 'He says the seal is fine but the bill is not.',
        in: { support: byAll, 'mira/Sent': noMatch },
      },
      {
        id: 'orders-unconnected',
        from: 'sanna',
        to: ['orders'],
        cc: ['elena'],
        subject: 'Purchase order 7712',
        when: '-15 12:30',
        text: 'Please confirm the attached order.',
        in: { elena: noMatch },
      },
      {
        id: 'support-and-mira',
        from: 'anne',
        to: ['support', 'mira'],
        subject: 'The bill for the seal',
        when: '-15 13:00',
        text: 'The hour of the fitter is charged twice.',
        in: { mira: byKnownSender, support: linked() },
      },
    ],
  },
]

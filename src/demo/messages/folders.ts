import { byKnownSender, ignored, noMatch, type Story, tracked } from './story.ts'

/** What mailboxes have beside the Inbox, and which of them are mapped (45). */
export const MAPPINGS = [
  { mailbox: 'mira', folder: 'INBOX/Customers/Nordhavn', regarding: 'account/nordhavn' },
  { mailbox: 'mira', folder: 'INBOX/Customers/Osterby scale', regarding: 'opportunity/osterby-scale' },
  { mailbox: 'mira', folder: 'INBOX/To track' },
  { mailbox: 'elena', folder: 'INBOX/Ionia', regarding: 'incident/ionia-manual' },
] as const

export const folders: readonly Story[] = [
  {
    title: 'A folder of one customer: everything in it is tracked, old and strange alike (FT-20, FT-22)',
    letters: [
      {
        id: 'folder-nordhavn-old',
        from: 'ingrid',
        to: ['mira'],
        subject: 'Drawings of the east station',
        when: '-110 09:00', // before the start date
        text: 'The building as it was handed over.',
        in: {
          'mira/INBOX/Customers/Nordhavn': tracked('ManualFolder', {
            regarding: 'account/nordhavn',
            sender: 'contact/ingrid',
          }),
        },
      },
      {
        id: 'folder-nordhavn-architect',
        from: 'Studio Vinther <mail@studio-vinther.example>',
        to: ['ingrid'],
        cc: ['Mira <mira@haldenvoss.example>'],
        subject: 'Doors of the pump room',
        when: '-29 11:00',
        text: 'Ninety centimetres, not eighty. The frame is ordered.',
        in: {
          'mira/INBOX/Customers/Nordhavn': tracked('ManualFolder', {
            regarding: 'account/nordhavn',
            sender: 'new contact', // Mira’s option makes one of whom she tracks
          }),
        },
      },
      ...['Concrete', 'Electricity', 'Paint', 'Handover'].map((topic, index) => ({
        id: `folder-nordhavn-${index + 1}`,
        from: 'lars',
        to: ['mira'],
        subject: `Building site, protocol ${index + 1}: ${topic}`,
        when: `-${28 - index * 6} 14:00`,
        text: `Point 1: ${topic} is late.\nPoint 2: coffee was good.`,
        in: { 'mira/INBOX/Customers/Nordhavn': tracked('ManualFolder', { regarding: 'account/nordhavn' as const }) },
      })),
    ],
  },
  {
    title: 'A folder mapped to an opportunity, and a reply that lies in it',
    letters: [
      {
        id: 'folder-osterby-grain',
        from: 'ylva',
        to: ['mira'],
        subject: 'Grain sizes of September',
        when: '-27 10:00',
        text: 'The table you asked for. Two pieces above nine millimetres.',
        in: {
          'mira/INBOX/Customers/Osterby scale': tracked('ManualFolder', { regarding: 'opportunity/osterby-scale' }),
        },
      },
      {
        id: 'folder-osterby-grain-2',
        from: 'ylva',
        to: ['mira'],
        answers: 'folder-osterby-grain',
        when: '-4 10:00',
        text: 'And those of October: none.',
        // It stayed in the Inbox, which is read before the folder: a sender who is known, and nothing to continue yet.
        in: { mira: byKnownSender },
      },
    ],
  },
  {
    title: 'A folder without a record: tracked, regarding nothing (FT-24)',
    letters: [
      {
        id: 'folder-totrack-fair',
        from: 'Fair office <office@aqua-fair.example>',
        to: ['mira'],
        subject: 'Your stand: C 14',
        when: '-33 09:00',
        text: 'Next to the coffee, as last year.',
        in: { 'mira/INBOX/To track': tracked('ManualFolder', { sender: 'new contact' }) },
      },
      {
        id: 'folder-totrack-reply',
        from: 'gunilla',
        to: ['mira'],
        answers: 'skogby-wells-question',
        subject: 'Re: A question about your offer',
        when: '-30 09:00',
        text: 'One more: who takes the old cable?',
        in: {
          'mira/INBOX/To track': tracked('ManualFolder', { by: 'inReplyTo', regarding: 'opportunity/skogby-wells' }),
        },
      },
    ],
  },
  {
    title: 'Elena’s folder for the translator',
    letters: ['Chapters 1 to 3', 'Chapters 4 and 5', 'A word for “stuffing box”?'].map((subject, index) => ({
      id: `folder-ionia-${index + 1}`,
      from: 'Translator <words@logos-translations.example>',
      to: ['elena'],
      subject,
      when: `-${20 - index * 5} 12:00`,
      text: 'Please read and mark in red.',
      in: {
        'elena/INBOX/Ionia': tracked('ManualFolder', { regarding: 'incident/ionia-manual' as const, sender: 'nobody' }),
      },
    })),
  },
  {
    title: 'Folders that nobody mapped: not looked at, but for what a person marked',
    letters: [
      ...['Train to Bergen', 'Hotel in Bergen', 'Taxi'].map((subject, index) => ({
        id: `receipt-${index + 1}`,
        from: 'Travel desk <receipts@travel-desk.example>',
        to: ['mira'],
        subject: `Receipt: ${subject}`,
        when: `-${12 - index} 21:00`,
        text: 'Thank you for travelling with us.',
        in: { 'mira/INBOX/Receipts': ignored },
      })),
      {
        id: 'receipt-marked',
        from: 'oddvar',
        to: ['mira'],
        subject: 'Bill for your boat trip',
        when: '-8 21:00',
        text: 'It was a pleasure. The fish was on us, the boat was not.',
        in: { 'mira/INBOX/Receipts': tracked('ManualCategory', { sender: 'contact/oddvar' }) },
        marked: ['mira/INBOX/Receipts'],
      },
      {
        id: 'junk-1',
        from: 'ingrid',
        to: ['mira'],
        subject: 'Sent by mistake to the junk',
        when: '-5 21:00',
        text: 'Junk is never looked at.',
        in: { 'mira/Junk': ignored },
        marked: ['mira/Junk'],
      },
    ],
  },
  {
    title: 'Elena marks a message of the first hour',
    letters: [
      {
        id: 'category-ferrante',
        from: 'ferrante',
        to: ['elena'],
        subject: 'Must at 14 degrees',
        when: '-31 10:00',
        text: 'We need 14 degrees within four hours, 20,000 litres. Can that be done?',
        in: { elena: tracked('ManualCategory', { sender: 'lead/ferrante' }) },
        marked: ['elena'],
      },
      {
        id: 'category-ferrante-2',
        from: 'ferrante',
        to: ['elena'],
        answers: 'category-ferrante',
        when: '-29 10:00',
        text: 'The vat is of steel, three metres high.',
        in: { elena: tracked('AutomaticReply', { by: 'inReplyTo' }) },
      },
      {
        id: 'category-ferrante-3',
        from: 'ferrante',
        to: ['elena'],
        subject: 'Our wine list',
        when: '-28 10:00',
        text: 'For the case that you come by.',
        in: { elena: noMatch },
      },
    ],
  },
]

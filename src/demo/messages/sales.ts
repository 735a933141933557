import { byAll, byKnownSender, linked, noMatch, noRecipient, type Story, suggested, tracked } from './story.ts'

const webform = 'Website <forms@haldenvoss-web.example>'

/** Conversations of Mira, Jonas and Elena that no offer stands behind yet. */
export const sales: readonly Story[] = [
  {
    title: 'The changed subject: a reply that only its token gives away, from an address that two people share',
    letters: [
      {
        id: 'token-flanges',
        from: 'technik2',
        to: ['elena'],
        subject: 'Flanges, and when can the fitter come? [CRM:0003541]',
        when: '-15 10:41',
        text: 'DIN, please, DN50. And the week after next would suit us best.\n\nTechnisches Büro',
        in: {
          elena: tracked('AutomaticReply', {
            regarding: 'opportunity/kern-test',
            by: 'token',
            sender: 'contact/technik2', // hers, though Jule Maier was there first (T-63)
          }),
        },
      },
    ],
  },
  {
    title: 'A stranger writes to Jonas, who takes everything: a lead is made, once',
    letters: [
      {
        id: 'hoffmann-1',
        from: 'Greta Hoffmann <greta@seebad-hoffmann.example>',
        to: ['jonas'],
        subject: 'Lake bath at Plön',
        when: '-19 12:02',
        text: 'We keep a lake bath of 1926 alive. Its pump is of 1961. Guess why I write.',
        in: { jonas: tracked('AutomaticAll', { sender: 'new lead' }) },
      },
      {
        id: 'hoffmann-2',
        from: 'Greta Hoffmann <greta@seebad-hoffmann.example>',
        to: ['jonas'],
        subject: 'Picture of the pump',
        when: '-19 12:09',
        text: 'I forgot the picture. It is green.',
        in: { jonas: tracked('AutomaticAll', { sender: 'new lead' }) },
      },
    ],
  },
  {
    title: 'A stranger to both: Jonas takes it while Mira’s mailbox is visited',
    letters: [
      {
        id: 'webform-1',
        from: webform,
        to: ['mira', 'jonas'],
        subject: 'Request from the website: brewery in Tromsø',
        when: '-11 22:15',
        text: 'Name: Mikkel Nilsen\nInterest: cooling, 40 hl\nCall back: mornings',
        in: { mira: tracked('AutomaticAll', { sender: 'new lead' }), jonas: linked() },
      },
    ],
  },
  {
    title: 'The same message to three of us is one email',
    letters: [
      {
        id: 'aurinko-visit',
        from: 'pekka',
        to: ['jonas', 'mira'],
        cc: ['elena'],
        subject: 'Visit to the mill',
        when: '-5 07:50',
        text: 'You are all welcome on the 27th. Steel caps, please, and no high heels on the gratings.',
        in: { mira: byKnownSender, jonas: linked(), elena: linked() },
      },
      {
        id: 'aurinko-visit-2',
        from: 'jonas',
        to: ['pekka'],
        cc: ['mira', 'elena'],
        answers: 'aurinko-visit',
        when: '-5 09:12',
        text: 'We come with three. Elena brings the vibration meter.',
        in: {
          // What Jonas sent and what the others got are two activities (T-32). In Mira’s mailbox Elena’s rule takes it.
          mira: tracked('AutomaticReply', { by: 'inReplyTo' }),
          elena: linked(),
          'jonas/Sent': tracked('AutomaticSentItem', { by: 'inReplyTo' }),
        },
      },
    ],
  },
  {
    title: 'Somebody known and somebody unknown write to Elena, who wants only replies',
    letters: [
      {
        id: 'visser-first',
        from: 'fenna',
        to: ['elena'],
        subject: 'Planning for December',
        when: '-13 14:00',
        text: 'Which of your people is on duty between the years?',
        in: { elena: noMatch },
      },
      {
        id: 'agency-first',
        from: 'Bright Talent <jobs@bright-talent.example>',
        to: ['elena'],
        subject: 'Are you open for a new challenge?',
        when: '-13 15:00',
        text: 'Pumps are the past. Blockchain is the future!',
        in: { elena: noMatch },
      },
    ],
  },
  {
    title: 'A new message that looks like an old one is only suggested',
    letters: [
      {
        id: 'ravello-coating-1',
        from: 'salvatore',
        to: ['elena'],
        answers: 'offer-ravello-spa',
        subject: 'Coating of the casing',
        when: '-10 08:20',
        text: 'Giulia forwarded me the offer. Which coating is it exactly?',
        in: { elena: tracked('AutomaticReply', { by: 'inReplyTo', regarding: 'opportunity/ravello-spa' }) },
      },
      {
        id: 'ravello-coating-2',
        from: 'salvatore',
        to: ['elena'],
        subject: 'Re: Coating of the casing',
        when: '-9 08:25',
        text: 'I write from the telephone, sorry. The data sheet would help.',
        in: { elena: suggested('opportunity/ravello-spa') },
      },
    ],
  },
  {
    title: 'Forwards: with their headers they continue, without they do not',
    letters: [
      {
        id: 'forward-full',
        from: 'mira',
        to: ['elena'],
        answers: 'nordhavn-boosters-question',
        subject: 'FW: A question about the valves',
        when: '-20 11:11',
        text: 'Elena, could you check item 7 for me?\n\n-----Original Message-----',
        in: {
          elena: tracked('AutomaticReply', { by: 'inReplyTo', regarding: 'opportunity/nordhavn-boosters' }),
          'mira/Sent': noMatch,
        },
      },
      {
        id: 'forward-bare',
        from: 'mira',
        to: ['elena'],
        subject: 'WG: parts list',
        when: '-20 11:25',
        text: 'And this one, from the fair.',
        in: { elena: noMatch, 'mira/Sent': noMatch },
      },
    ],
  },
  {
    title: 'Addresses of ours that are nobody’s: an alias on the mailbox, and one that the CRM knows',
    letters: [
      {
        id: 'alias-unknown',
        from: 'lars',
        to: ['salesalias'],
        subject: 'Price list 2027',
        when: '-4 09:00',
        text: 'Could you send me the new price list? I had only this address at hand.',
        in: { mira: noRecipient },
      },
      {
        id: 'alias-known',
        from: 'lars',
        to: ['<m.solberg@haldenvoss.example>'],
        subject: 'Price list 2027',
        when: '-4 09:20',
        text: 'Found your other address. Could you send me the new price list?',
        in: { mira: byKnownSender },
      },
    ],
  },
  {
    title: 'Blind copies: Mira’s rule does not count, Jonas takes all',
    letters: [
      {
        id: 'bcc-kestrel',
        from: 'nigel',
        to: ['Site office <site@kestrel-breweries.example>'],
        subject: 'Snagging list, brewhouse',
        when: '-3 16:40',
        text: 'See below. I copy in a few people who ought to know.',
        in: { mira: noRecipient, jonas: byAll },
      },
    ],
  },
  {
    title: 'Somebody inactive, somebody who left, and a shared purchasing address',
    letters: [
      {
        id: 'inactive-brandvold',
        from: 'brandvold',
        to: ['mira'],
        subject: 'Greetings from my pension',
        when: '-14 10:10',
        text: 'The garden pump still runs. It is one of yours, of 1988.',
        in: { mira: tracked('AutomaticKnownSender', { sender: 'contact/brandvold' }) }, // one match, whatever its state
      },
      {
        id: 'left-lotte',
        from: 'camille',
        to: ['lotte'],
        cc: ['mira'],
        subject: 'Are you still there?',
        when: '-14 11:10',
        text: 'Chère Lotte, I have not heard of you since May.',
        in: { mira: byKnownSender },
      },
      {
        id: 'purchasing-mira',
        from: 'purchasing1',
        to: ['mira'],
        subject: 'Vendor questionnaire',
        when: '-12 10:00',
        text: 'Please fill in the attached questionnaire by the end of the month. Purchasing',
        in: { mira: tracked('AutomaticKnownSender', { sender: 'contact/purchasing1' }) },
      },
      {
        id: 'purchasing-jonas',
        from: 'purchasing2',
        to: ['jonas'],
        subject: 'Delivery dates, brewhouse',
        when: '-12 10:30',
        text: 'Which week for the pumps? The crane must be booked.',
        in: { jonas: tracked('AutomaticAll', { sender: 'contact/purchasing2' }) },
      },
    ],
  },
]

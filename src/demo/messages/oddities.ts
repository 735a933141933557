import iconv from 'iconv-lite'
import { person } from '../people.ts'
import { byKnownSender, ignored, type Letter, linked, noRecipient, refused, type Story, tracked } from './story.ts'

const q = (text: string): string => `=?windows-1252?Q?${hex(iconv.encode(text, 'windows-1252'))}?=`
const hex = (bytes: Buffer): string =>
  [...bytes].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')

/** Sixty-four installers of the network, of whom the CRM knows two. */
const installers = Array.from({ length: 64 }, (_, index) =>
  index === 0
    ? 'arne'
    : index === 1
      ? 'selma'
      : `Installer ${index + 1} <installer${index + 1}@cascade-installers.example>`,
)

export const oddities: readonly Story[] = [
  {
    title: 'Old and strange charsets are read as their writers meant them',
    letters: [
      {
        id: 'charset-1252',
        from: 'camille',
        to: ['mira'],
        subject: 'Réunion à Lyon – déjà prévue ?',
        charset: 'windows-1252',
        when: '-22 09:00',
        text: 'Chère Mira, l’été est passé : où en sommes-nous ? 300 € le mètre, c’est « beaucoup ».',
        in: {
          mira: tracked('AutomaticKnownSender', { subject: 'Réunion à Lyon – déjà prévue ?', body: '300 € le mètre' }),
        },
      },
      {
        id: 'charset-1252-q',
        from: 'camille',
        to: ['mira'],
        headers: { Subject: `Fwd: ${q('Devis signé')}` },
        charset: 'windows-1252',
        when: '-22 09:30',
        text: 'Signé, daté, tamponné.',
        in: { mira: tracked('AutomaticKnownSender', { subject: 'Fwd: Devis signé', body: 'tamponné' }) },
      },
      {
        id: 'charset-jp',
        from: 'haruka',
        to: ['jonas'],
        subject: '温泉ポンプの見積もり',
        charset: 'iso-2022-jp',
        when: '-21 01:00',
        text: 'お世話になっております。前橋の温泉の見積もりをお願いいたします。',
        in: {
          jonas: tracked('AutomaticAll', {
            subject: '温泉ポンプの見積もり',
            body: '前橋の温泉',
            sender: 'contact/haruka',
          }),
        },
      },
      {
        id: 'charset-sjis',
        from: 'yui',
        to: ['jonas'],
        subject: '輸入書類',
        charset: 'shift_jis',
        when: '-20 01:10',
        text: '税関の書類を送ります。',
        in: { jonas: tracked('AutomaticAll', { subject: '輸入書類', body: '税関の書類' }) },
      },
      {
        id: 'charset-koi8',
        from: 'kaarel',
        to: ['jonas'],
        subject: 'Насосы для парома',
        charset: 'koi8-r',
        when: '-19 08:30',
        text: 'Механик пишет только по-русски: уплотнение держит.',
        in: { jonas: tracked('AutomaticAll', { subject: 'Насосы для парома', body: 'уплотнение держит' }) },
      },
      {
        id: 'charset-tr',
        from: 'ayse',
        to: ['jonas'],
        subject: 'Boyahane için teklif: ığdır şişe',
        charset: 'iso-8859-9',
        when: '-18 08:00',
        text: 'Sayın Jonas, sıcak su için fiyat rica ederim. Şimdiden teşekkürler.',
        in: { jonas: tracked('AutomaticAll', { subject: 'Boyahane için teklif: ığdır şişe', body: 'Şimdiden' }) },
      },
      {
        id: 'charset-raw',
        from: 'hakan',
        to: ['mira'],
        subject: 'Måndag går bra',
        charset: 'raw',
        when: '-17 08:00',
        text: 'Ses på måndag vid grinden. Ta på skyddsskor!',
        in: { mira: tracked('AutomaticKnownSender', { body: 'Ses p' }) },
      },
      {
        id: 'charset-unheard',
        from: 'hakan',
        to: ['mira'],
        subject: 'Gate code',
        charset: 'x-unheard',
        when: '-17 08:20',
        text: 'The gate code is the year of the old mill.',
        in: { mira: tracked('AutomaticKnownSender', { body: 'gate code is the year' }) },
      },
      {
        id: 'charset-emoji',
        from: 'niamh',
        to: ['jonas'],
        subject: 'We passed the audit 🎉🐄',
        when: '-16 17:00',
        text: 'Not a single remark. Drinks are on Orla 🍺',
        in: { jonas: tracked('AutomaticAll', { subject: 'We passed the audit 🎉🐄', body: '🍺' }) },
      },
    ],
  },
  {
    title: 'Headers that are missing, broken or too many',
    letters: [
      {
        id: 'no-message-id',
        from: 'gunilla',
        to: ['mira', 'jonas'],
        subject: 'From the scanner',
        headers: { 'Message-ID': null, 'X-Mailer': 'Kontor Scan 2' },
        when: '-12 12:00',
        text: 'Document scanned on floor 2.',
        // The surrogate of T-88 is the same in both mailboxes.
        in: { mira: byKnownSender, jonas: linked() },
      },
      {
        id: 'no-date',
        from: 'gunilla',
        to: ['mira'],
        subject: 'A message without date',
        headers: { Date: null },
        when: '-12 12:10',
        text: 'The fax gateway does not know what day it is.',
        in: { mira: byKnownSender },
      },
      {
        id: 'no-subject',
        from: 'gunilla',
        to: ['mira'],
        when: '-12 12:20',
        text: 'Forgot the subject. And what I wanted to say.',
        in: { mira: tracked('AutomaticKnownSender', { subject: '' }) },
      },
      {
        id: 'no-sender',
        from: '<relay@relay.example>',
        to: ['mira'],
        subject: 'From nobody',
        headers: { From: 'undisclosed', 'Message-ID': '<no-sender@relay.example>' },
        when: '-11 12:00',
        text: 'A relay has lost the sender.',
        in: { mira: refused('InvalidSender') },
      },
      {
        id: 'no-sender-support',
        from: '<relay@relay.example>',
        to: ['support'],
        subject: 'Voice message',
        headers: { From: '"Telephone system" <>', 'Message-ID': '<no-sender-support@relay.example>' },
        when: '-11 12:30',
        text: 'You have one voice message.',
        in: { support: refused('InvalidSender') },
      },
      {
        id: 'undisclosed',
        from: 'sten',
        to: [],
        subject: 'New bank details',
        headers: { To: 'undisclosed-recipients:;' },
        when: '-11 13:00',
        text: 'From January on we pay through another bank.',
        in: { mira: noRecipient },
      },
      {
        id: 'group-syntax',
        from: 'sten',
        to: [],
        subject: 'New bank details, once more',
        headers: { To: `Suppliers: Other <other@steel-supply.example>, ${person('mira').address};` },
        when: '-11 13:20',
        text: 'The first one went to nobody, it seems.',
        in: { mira: byKnownSender },
      },
      {
        id: 'old-client',
        from: 'knut',
        to: ['mira'],
        subject: 'Urgent: bath 1',
        headers: { From: 'knut.strand@bryggen-hotels.example (Knut Strand)', 'X-Priority': '1 (Highest)' },
        when: '-10 06:00',
        text: 'Bath 1 has 45 degrees. Lobster, says the cook.',
        in: { mira: tracked('AutomaticKnownSender', { sender: 'contact/knut' }) },
      },
      {
        id: 'shouting',
        from: 'KNUT STRAND <KNUT.STRAND@BRYGGEN-HOTELS.EXAMPLE>',
        to: ['MIRA <Mira@HaldenVoss.Example>'],
        subject: 'SOLVED',
        when: '-10 08:00',
        text: 'IT WAS THE MIXER.',
        in: { mira: tracked('AutomaticKnownSender', { sender: 'contact/knut' }) },
      },
      {
        id: 'reply-to',
        from: 'flurin',
        to: ['jonas'],
        subject: 'Webcam of the pump station',
        headers: { 'Reply-To': 'Station <station@helvetia-alpenbahn.example>' },
        when: '-9 15:00',
        text: 'The address of the camera. Please answer to the station.',
        in: { jonas: tracked('AutomaticAll', { sender: 'contact/flurin' }) },
      },
    ],
  },
  {
    title: 'A message to sixty-seven people',
    letters: [
      {
        id: 'installers',
        from: 'wiebke',
        to: installers,
        cc: ['mira', 'jonas', 'elena'],
        subject: 'Training in Hamburg: the HV-40 from inside',
        when: '-24 10:00',
        text: 'On the 2nd and 3rd of December. Bring gloves; the pumps are ours.',
        in: { mira: tracked('AutomaticKnownSender', { sender: 'contact/wiebke' }), jonas: linked(), elena: linked() },
      },
    ],
  },
  {
    title: 'The same message twice in one Inbox',
    letters: ['one', 'two'].map(
      (copy): Letter => ({
        id: `twice-${copy}`,
        from: 'ylva',
        to: ['mira'],
        subject: 'Energy report, hopefully once',
        headers: { 'Message-ID': '<twice@osterby-stal.example>' },
        when: `-9 11:0${copy.length - 2}`,
        text: 'Our server was restarted in the middle of sending.',
        in: { mira: byKnownSender }, // one email; the second copy changes nothing
      }),
    ),
  },
  {
    title: 'Older than the day from which mail is looked at',
    letters: [
      {
        id: 'too-old',
        from: 'ingrid',
        to: ['mira'],
        subject: 'Summer greetings',
        when: '-120 10:00',
        text: 'From the beach.',
        in: { mira: ignored },
      },
    ],
  },
  {
    title: 'Meetings are not email (T-14)',
    letters: (
      [
        ['REQUEST', 'Inspection at Aarhus East', 'ingrid'],
        ['REPLY', 'Accepted: Commissioning hall 3', 'silje'],
        ['CANCEL', 'Canceled: Call about the strainer', 'hakan'],
      ] as const
    ).map(
      ([method, subject, who], index): Letter => ({
        id: `meeting-${method.toLowerCase()}`,
        from: who,
        to: ['mira'],
        subject,
        when: `-${8 - index} 10:30`,
        text: '',
        body: {
          type: `text/calendar; method=${method}; charset=utf-8`,
          content: Buffer.from(
            [
              'BEGIN:VCALENDAR',
              'VERSION:2.0',
              'PRODID:-//Halden and Voss//Demo//EN',
              `METHOD:${method}`,
              'BEGIN:VEVENT',
              `UID:meeting-${index + 1}@haldenvoss.example`,
              'DTSTAMP:20261101T100000Z',
              'DTSTART:20261118T090000Z',
              'DTEND:20261118T100000Z',
              `SUMMARY:${subject}`,
              `ORGANIZER:mailto:${person(who).address}`,
              'END:VEVENT',
              'END:VCALENDAR',
            ].join('\r\n'),
          ),
        },
        in: { mira: ignored },
      }),
    ),
  },
]

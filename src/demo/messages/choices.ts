import { refused, type Story, tracked } from './story.ts'

const bergmann = 'Klaus Bergmann <k.bergmann@bergmann-anlagen.example>'

/** What people choose by hand (`acts.ts` and categories), and what follows for the mail after it. */
export const choices: readonly Story[] = [
  {
    title: 'A lead asks; Mira says what it regards; the lead comes back today',
    letters: [
      {
        id: 'marselis-1',
        from: 'vestergaard',
        to: ['mira'],
        subject: 'Swimming hall at Marselis',
        when: '-9 08:12',
        text: 'We renew the technical rooms of our swimming hall next summer. Do you come and have a look?',
        in: { mira: tracked('AutomaticKnownSender', { sender: 'lead/vestergaard', regarding: 'lead/vestergaard' }) },
      },
      {
        id: 'marselis-2',
        from: 'mira',
        to: ['vestergaard'],
        answers: 'marselis-1',
        when: '-8 09:30',
        text: 'With pleasure. Would Tuesday the 17th at ten suit you?',
        in: { 'mira/Sent': tracked('AutomaticSentItem', { by: 'inReplyTo' }) },
      },
      {
        id: 'marselis-3',
        from: 'vestergaard',
        to: ['mira'],
        answers: 'marselis-2',
        when: '08:05',
        text: 'Tuesday is fine. The caretaker will open the pump room for us.',
        in: { mira: tracked('AutomaticKnownSender', { by: 'inReplyTo', regarding: 'lead/vestergaard' }) },
      },
    ],
  },
  {
    title: 'A stranger writes to Mira; she tracks it with the category, and the stranger becomes a contact',
    letters: [
      {
        id: 'bergmann-1',
        from: bergmann,
        to: ['mira'],
        subject: 'Subcontractor for Skogby?',
        when: '-7 13:20',
        text: 'I hear you renew the wells at Skogby. We have two drilling rigs free in January.',
        in: { mira: tracked('ManualCategory', { sender: 'new contact' }) },
        marked: ['mira'],
      },
      {
        id: 'bergmann-2',
        from: bergmann,
        to: ['mira'],
        subject: 'Our references',
        when: '-6 13:22',
        text: 'As announced on the telephone: three municipalities, all of them content.',
        // Now somebody known: the contact made the day before.
        in: { mira: tracked('AutomaticKnownSender', { sender: 'new contact' }) },
      },
    ],
  },
  {
    title: 'Elena tracks by hand what her rule had refused; the answer of today is a reply',
    letters: [
      {
        id: 'weidmann-1',
        from: 'weidmann',
        to: ['elena'],
        subject: 'Dye bath circulation',
        when: '-6 09:45',
        text: 'Your colleague from Marmara Tekstil recommends you. Ours loses half its flow at 95 degrees.',
        in: { elena: tracked('ManualApi', { regarding: 'lead/weidmann' }) },
      },
      {
        id: 'weidmann-2',
        from: 'weidmann',
        to: ['elena'],
        answers: 'weidmann-1',
        subject: 'Dye bath circulation, second attempt',
        when: '09:01',
        text: 'I forgot to say: two baths, not one.',
        in: { elena: tracked('AutomaticReply', { by: 'inReplyTo', regarding: 'lead/weidmann' }) },
      },
    ],
  },
  {
    title: 'Mira untracks one message, and it stays so when the sender repeats it',
    letters: [
      {
        id: 'eirik-fun',
        from: 'eirik',
        to: ['mira'],
        subject: 'The towel',
        when: '-10 16:00',
        text: 'Framed, it hangs in the office now. Picture attached in spirit.',
        in: { mira: refused('UntrackedByUser') },
      },
      {
        id: 'eirik-fun-again',
        from: 'eirik',
        to: ['mira'],
        subject: 'The towel',
        headers: { 'Message-ID': '<eirik-fun@bryggen-hotels.example>' },
        when: '08:40',
        text: 'Framed, it hangs in the office now. Picture attached in spirit.',
        in: { mira: refused('UntrackedByUser') },
      },
    ],
  },
  {
    title: 'Jonas stops a conversation for good',
    letters: [
      {
        id: 'golf-1',
        from: 'declan',
        to: ['jonas'],
        subject: 'Golf in spring?',
        when: '-8 18:00',
        text: 'The club has dates in April. Bring the tall one from the fair.',
        in: { jonas: refused('UntrackedByUser') },
      },
      {
        id: 'golf-2',
        from: 'declan',
        to: ['jonas'],
        answers: 'golf-1',
        when: '07:30',
        text: 'The 18th it is. I booked four.',
        in: { jonas: refused('ThreadStopped') },
      },
    ],
  },
]

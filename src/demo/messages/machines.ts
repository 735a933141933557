import { type Letter, noMatch, noRecipient, type Story, tracked } from './story.ts'
import { multipart } from './write.ts'

const daemon = 'Mail Delivery System <mailer-daemon@mx.halden-mail.example>'

function bounce(id: string, failed: string, when: string, mailbox: 'support' | 'mira', expected: Letter['in']): Letter {
  const text = `Your message to <${failed}> could not be delivered:\r\n\r\n550 5.1.1 no such mailbox`
  const report = `Reporting-MTA: dns; mx.halden-mail.example\r\n\r\nFinal-Recipient: rfc822; ${failed}\r\nAction: failed\r\nStatus: 5.1.1`
  return {
    id,
    from: daemon,
    to: [mailbox],
    subject: 'Undelivered Mail Returned to Sender',
    headers: { 'Auto-Submitted': 'auto-replied' },
    when,
    text: '',
    body: multipartBody(id, text, report),
    in: expected,
  }
}

function multipartBody(id: string, text: string, report: string): { type: string; content: Uint8Array } {
  return multipart('report; report-type=delivery-status', id, [
    { type: 'text/plain; charset=us-ascii', content: Buffer.from(text) },
    { type: 'message/delivery-status', content: Buffer.from(report) },
  ])
}

/** Out-of-office notes that answer what we had written. */
const away: readonly (readonly [who: string, answers: string, text: string])[] = [
  ['oddvar', 'case-fjordlys-noise', 'I hunt reindeer until the 20th. In urgent cases ask Silje Aas.'],
  ['pekka', 'case-aurinko-display', 'Olen lomalla. I am on holiday and do not read email.'],
  ['kenji', 'case-akagi-cavitation', 'The spring is closed for the festival. We answer on Tuesday.'],
]

/** What the pumps with a modem report by themselves. */
const telemetry: readonly (readonly [plant: string, text: string])[] = [
  ['Aarhus East', 'Pressure 5.8 bar, two starts, no alarms.'],
  ['Bergen 3', 'Bearing 61 °C, up 4 since yesterday.'],
  ['Skogby well 2', 'Level 4.1 m. Delay changed to 30 s by operator.'],
  ['Österby 1', 'Vibration 7.4 mm/s. Warning.'],
  ['Stavanger roof', 'Bath 3: 36.9 °C. Set point 38.'],
  ['Tampere PM2', 'Version 3.1.4. Update available.'],
  ['York', 'Filter change due in 40 hours.'],
  ['Cork hall B', 'Cleaning finished, 42 minutes.'],
  ['Tallinn yard', 'No signal for 6 hours, then restored.'],
  ['Utrecht 5', 'Strainer: differential pressure 0.3 bar, rising.'],
  ['Plzeň line 2', 'Air pressure 5.1 bar. Below minimum 5.5.'],
  ['Maebashi', 'Suction temperature 71 °C.'],
  ['Ulm bench', 'Flow deviates by 4.0 per cent from reference.'],
]

const newsletters: readonly (readonly [sender: string, address: string, issues: readonly string[]])[] = [
  [
    'Pump World Weekly',
    'news@pump-world.example',
    ['Ten myths about cavitation', 'The price of copper', 'Meet us in Bologna', 'Seals, seals, seals'],
  ],
  [
    'Nordic Water Digest',
    'digest@nordic-water.example',
    ['New limits for PFAS', 'A well in every village', 'Conference programme', 'Jobs in water'],
  ],
  [
    'The Sales Coach',
    'coach@sales-coach.example',
    ['Close more by Friday', 'The power of the pause', 'Never say never', 'Your quarter, your rules'],
  ],
  [
    'Office Supplies 24',
    'offers@office-supplies24.example',
    ['Toner: buy two, get three', 'Chairs for tall people', 'Calendars 2027', 'Free shipping ends today'],
  ],
]

export const machines: readonly Story[] = [
  {
    title: 'Out of office: an automatic reply is treated like any other message, and its header is kept (T-13)',
    letters: away.map(([who, answers, text], index) => ({
      id: `away-${who}`,
      from: who,
      to: ['support'],
      answers,
      subject: `Automatic reply: ${['Bearing noise', 'Display', 'Cavitation'][index]}`,
      headers: { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' },
      when: `-${29 - index} 18:0${index}`,
      text,
      in: {
        support: tracked('AutomaticAll', {
          by: 'inReplyTo',
          regarding: `incident/${answers.slice('case-'.length)}`,
          sender: `contact/${who}`,
        }),
      },
    })),
  },
  {
    title: 'Bounces: from a machine no lead is made',
    letters: [
      bounce('bounce-support', 'old.address@castell.example', '-27 09:00', 'support', {
        support: tracked('AutomaticAll', { sender: 'nobody' }),
      }),
      bounce('bounce-mira', 'lotte@haldenvoss.example', '-26 09:00', 'mira', { mira: noMatch }),
    ],
  },
  {
    title: 'Pumps that report to the service desk: a sender without a record',
    letters: telemetry.flatMap(([plant, text], index) =>
      [44, 30, 16, 2].map(
        (day, week): Letter => ({
          id: `telemetry-${index + 1}-${week + 1}`,
          from: 'HV Remote <telemetry@hv-remote.example>',
          to: ['support'],
          subject: `[HV Remote] ${plant}, report ${week + 1}`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          when: `-${day} 05:${10 + index}`,
          text: week === 0 ? text : `${text}\nRunning hours since the last report: ${290 + index * 4 + week}.`,
          in: { support: tracked('AutomaticAll', { sender: 'nobody' }) },
        }),
      ),
    ),
  },
  {
    title: 'Newsletters: to Mira by name from strangers, to Elena through lists',
    letters: newsletters.flatMap(([sender, address, issues], at) =>
      issues.map((issue, index): Letter => {
        const toList = at % 2 === 1
        return {
          id: `news-${at + 1}-${index + 1}`,
          from: `${sender} <${address}>`,
          to: [toList ? `Readers <readers@${address.split('@')[1]}>` : 'mira'],
          subject: issue,
          headers: { 'List-Id': `<${address.replace('@', '.')}>`, 'List-Unsubscribe': `<mailto:${address}>` },
          when: `-${58 - index * 14 - at} 06:${10 + at}`,
          text: `${issue}\n\nRead more on our pages. You receive this because you asked for it once.`,
          html: true,
          in: toList ? { elena: noRecipient } : { mira: noMatch },
        }
      }),
    ),
  },
  {
    title: 'The newsletter of a customer is mail of a customer',
    letters: [
      {
        id: 'news-bryggen',
        from: 'info@bryggen',
        to: ['mira'],
        subject: 'Autumn at Bryggen Hotels',
        headers: { 'List-Id': '<autumn.bryggen-hotels.example>' },
        when: '-40 07:00',
        text: 'Rooftop baths from March on!',
        html: true,
        in: { mira: tracked('AutomaticKnownSender', { sender: 'account/bryggen' }) },
      },
    ],
  },
  {
    title: 'Notes of calendars and networks',
    letters: ['Ida Strøm', 'Nigel Harrow', 'Karen Vestergaard', 'Joost Dijkstra', 'Otto Kern'].map((name, index) => ({
      id: `network-${index + 1}`,
      from: 'Contacts Network <notify@contacts-network.example>',
      to: ['elena'],
      subject: `${name} wants to connect`,
      when: `-${45 - index * 9} 20:${10 + index}`,
      text: `${name} would like to add you to the own network.`,
      html: true,
      in: { elena: noMatch },
    })),
  },
]

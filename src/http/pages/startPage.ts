import { type Explanation, explainDecision } from '#incoming'
import type { Row } from '#records'
import type { WorkloadStatus } from '#schedule'
import { type Html, html, page } from './html.ts'

export interface StartPage {
  user: string
  timeZone: string
  mailboxes: { row: Row; status: readonly WorkloadStatus[]; labels: Readonly<Record<string, string>> }[]
  decisions: readonly Explanation[]
  /** How many questions of synchronization are open, and fields that both sides had changed. */
  waiting: { questions: number; conflicts: number }
}

const OUTCOME: Record<Explanation['outcome'], string> = {
  tracked: 'Tracked',
  linked: 'Linked',
  notTracked: 'Not tracked',
  suggested: 'Suggested',
  pending: 'Pending',
  failed: 'Failed',
  ignored: 'Ignored',
}

/** A person's own mailboxes, and what became of their latest messages and why (B-22, MO-77). */
export function startPage(content: StartPage): Html {
  const time = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: content.timeZone,
  })
  return page(
    'My mailbox',
    html`<form method="post" action="/signout"><p>Signed in as ${content.user}.
<button type="submit">Sign out</button></p></form>
<p><a href="/items">Appointments, contacts and tasks</a>${waitingText(content.waiting)}</p>
${content.mailboxes.length ? content.mailboxes.map((each) => mailboxSection(each, time)) : html`<p>You have no mailbox here.</p>`}
${decisionTable(content.decisions, time)}`,
  )
}

function waitingText({ questions, conflicts }: StartPage['waiting']): string {
  const said = [
    ...(questions ? [`${questions} ${questions === 1 ? 'question' : 'questions'}`] : []),
    ...(conflicts ? [`${conflicts} ${conflicts === 1 ? 'conflict' : 'conflicts'}`] : []),
  ]
  return said.length ? ` – waiting for you: ${said.join(' and ')}` : ''
}

function mailboxSection({ row, status, labels }: StartPage['mailboxes'][number], time: Intl.DateTimeFormat): Html {
  const incoming = status.find(({ workload }) => workload === 'incoming')
  const facts: [string, string | undefined][] = [
    ['Address', String(row['emailaddress'] ?? 'none')],
    ['Record', labels['statecode']],
    ['Approval of the address', labels['emailrouteraccessapproval']],
    [
      'Incoming email',
      row['enabledforincomingemail'] === true ? 'On' : `Off; last test: ${labels['incomingemailstatus']}`,
    ],
    ['Last success', incoming?.lastSuccess && time.format(incoming.lastSuccess)],
    ['Next visit', incoming?.running ? 'Now' : incoming?.nextDue && time.format(incoming.nextDue)],
    ['Problem', incoming?.lastError?.count ? incoming.lastError.text : textOf(row['incomingemaillasterror'])],
  ]
  return html`<section><h2>${String(row['name'])}</h2>
<dl>${facts.map(([name, value]) => (value ? html`<dt>${name}</dt><dd>${value}</dd>\n` : undefined))}</dl></section>`
}

function decisionTable(decisions: readonly Explanation[], time: Intl.DateTimeFormat): Html {
  if (!decisions.length) return html`<p>No message has been decided on yet.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="decisions"><table>
<caption id="decisions">The last ${decisions.length} messages</caption>
<thead><tr><th scope="col">Decided</th><th scope="col">Subject</th><th scope="col">Outcome</th><th scope="col">Why</th>
<th scope="col">What can be done</th></tr></thead>
<tbody>${decisions.map((each) => decisionRow(each, time))}</tbody>
</table></div>`
}

function decisionRow(decision: Explanation, time: Intl.DateTimeFormat): Html {
  const { title, text, remedies } = explainDecision(decision)
  return html`<tr><td>${time.format(decision.decidedOn)}</td><th scope="row">${decision.subject || '(no subject)'}</th>
<td>${OUTCOME[decision.outcome]}</td><td>${title}. ${text}</td>
<td>${remedies.length ? html`<ul>${remedies.map(({ label, who }) => html`<li>${label}${who === 'administrator' ? ' (administrator)' : ''}</li>`)}</ul>` : 'Nothing needs to be done.'}</td></tr>
`
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value ? value : undefined
}

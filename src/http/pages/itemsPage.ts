import { type Html, html, page } from './html.ts'

/** What a person sees of the appointments, contacts and tasks of the own mailboxes; times and values are words by now. */
export interface ItemsPage {
  mailboxes: readonly MailboxPart[]
  /** What was just done. */
  done?: string
  /** Why what was asked for was not done; `allTheSame`: the copy that can be restored in spite of it. */
  problem?: { text: string; allTheSame?: string }
}

export interface MailboxPart {
  name: string
  /** How it stands, as far as there is something to say. */
  facts: readonly (readonly [name: string, value: string | undefined])[]
  questions: readonly QuestionPart[]
  conflicts: readonly ConflictPart[]
  failures: readonly FailurePart[]
  copies: readonly CopyPart[]
  /** Of the copies that are not shown. */
  more: number
}

interface QuestionPart {
  id: string
  text: string
  asked: string
  /** Only agreed to: there is nothing to say no to. */
  confirmsOnly: boolean
}

interface ConflictPart {
  id: string
  /** Kind and name of the record. */
  record: string
  field: string
  inRecord: string
  inItem: string
  stands: 'record' | 'item'
}

interface FailurePart {
  name: string
  text: string
  remedy: string
  on: string
}

interface CopyPart {
  id: string
  name: string
  kind: string
  was: string
  side: string
  on: string
}

/** The questions, conflicts, failures and copies of the own mailboxes, each with what can be done by one click (MO-15, B-41, B-70). */
export function itemsPage({ mailboxes, done, problem }: ItemsPage): Html {
  return page(
    'Appointments, contacts and tasks',
    html`<p><a href="/">My mailbox</a></p>
${done === undefined ? undefined : html`<p class="done" role="status">${done}</p>`}
${problem && problemPart(problem)}
${mailboxes.length ? mailboxes.map(mailboxSection) : html`<p>You have no mailbox here.</p>`}`,
  )
}

function problemPart({ text, allTheSame: id }: NonNullable<ItemsPage['problem']>): Html {
  return html`<div class="problem" role="alert"><p>${text}</p>
${
  id === undefined
    ? undefined
    : html`<form method="post" action="/items/restore"><input type="hidden" name="id" value="${id}">
<button name="overwrite" value="yes">Restore all the same</button></form>`
}</div>`
}

function mailboxSection({ name, facts, questions, conflicts, failures, copies, more }: MailboxPart): Html {
  const isCalm = !questions.length && !conflicts.length && !failures.length
  return html`<section><h2>${name}</h2>
<dl>${facts.map(([fact, value]) => (value ? html`<dt>${fact}</dt><dd>${value}</dd>\n` : undefined))}</dl>
${isCalm ? html`<p>Nothing waits for you.</p>` : undefined}
${questions.length ? html`<h3>Questions</h3>\n<ul class="cards">${questions.map(questionCard)}</ul>` : undefined}
${conflicts.length ? html`<h3>Changed on both sides</h3>\n<ul class="cards">${conflicts.map(conflictCard)}</ul>` : undefined}
${failures.length ? failureTable(failures) : undefined}
${copies.length ? copyTable(copies, more) : undefined}</section>`
}

function questionCard({ id, text, asked, confirmsOnly }: QuestionPart): Html {
  return html`<li><p id="q-${id}">${text}</p><p class="small">Asked ${asked}</p>
<form method="post" action="/items/answer"><input type="hidden" name="id" value="${id}">
<button name="answer" value="yes" aria-describedby="q-${id}">${confirmsOnly ? 'Confirm' : 'Yes'}</button>
${confirmsOnly ? undefined : html`<button name="answer" value="no" aria-describedby="q-${id}">No</button>`}</form></li>
`
}

function conflictCard({ id, record, field, inRecord, inItem, stands }: ConflictPart): Html {
  const side = (take: 'record' | 'item', title: string, value: string): Html =>
    html`<div><h4>${title}${stands === take ? ' – stands now' : ''}</h4><p class="value">${value}</p>
<button name="take" value="${take}" aria-describedby="c-${id}">${stands === take ? 'Keep this' : 'Take this'}</button></div>
`
  return html`<li><p id="c-${id}">${field} of ${record}</p>
<form method="post" action="/items/resolve" class="sides"><input type="hidden" name="id" value="${id}">
${side('record', 'In the CRM', inRecord)}${side('item', 'In the mailbox', inItem)}</form></li>
`
}

function failureTable(failures: readonly FailurePart[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Not synchronized"><table>
<caption>Not synchronized</caption>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Why</th><th scope="col">What can be done</th></tr></thead>
<tbody>${failures.map(
    ({ name, text, remedy, on }) =>
      html`<tr><td>${on}</td><th scope="row">${name}</th><td>${text}</td><td>${remedy}</td></tr>\n`,
  )}</tbody>
</table></div>`
}

function copyTable(copies: readonly CopyPart[], more: number): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Deleted or overwritten by synchronization"><table>
<caption>Deleted or overwritten by synchronization; restoring tells nobody</caption>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Was</th><th scope="col">Where</th><th scope="col">Restore</th></tr></thead>
<tbody>${copies.map(copyRow)}</tbody>
</table></div>${more > 0 ? html`<p>${more} older ones are kept too: regarding items restore.</p>` : undefined}`
}

function copyRow({ id, name, kind, was, side, on }: CopyPart): Html {
  return html`<tr><td>${on}</td><th scope="row" id="r-${id}">${name} (${kind})</th><td>${was}</td><td>${side}</td>
<td><form method="post" action="/items/restore"><input type="hidden" name="id" value="${id}">
<button aria-describedby="r-${id}">Restore</button></form></td></tr>
`
}

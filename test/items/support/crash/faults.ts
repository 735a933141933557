import { sql } from 'kysely'
import { openQuestions } from '#items'
import type { Item } from '#mailbox'
import { type Row, SYSTEM } from '#records'
import { lostEdits } from '../../../prove/support/edits.ts'
import { keptOf } from '../kept.ts'
import { answerFaults } from './answers.ts'
import { type Scene, subjectOf } from './scene.ts'

/** What is not as it must be, once all is quiet. */
export async function faultsOf(scene: Scene): Promise<string[]> {
  const { office } = scene
  const { anna, ben, regarding } = office
  const faults: string[] = []
  const same = (what: string, is: readonly string[], shall: readonly string[]) => {
    if ([...is].sort().join() !== [...shall].sort().join()) faults.push(`${what}: ${is.join()}, not ${shall.join()}`)
  }
  const contacts = await office.rows('contact')
  const said = contacts.map((row) => [row['lastname'], row['jobtitle'] ?? '', row['mobilephone'] ?? ''].join(' '))
  same('contacts', scene.itemsOf(anna, 'contact').map(cardOf), said)
  if (contacts.length !== scene.contacts.length) faults.push(`${contacts.length} contacts`)
  const tasks = (await office.rows('task')).map((row) => String(row['subject']))
  same('tasks', scene.itemsOf(anna, 'task').map(subjectOf), tasks)
  same('tasks, each once', tasks, [...new Set(tasks)])
  same(
    'deleted tasks',
    tasks.filter((name) => scene.deleted.has(name)),
    [],
  )
  const [own, invited] = [scene.itemsOf(anna, 'event'), scene.itemsOf(ben, 'event')]
  same(`meetings of ${anna.address}`, own.map(subjectOf), scene.meetings)
  same(`meetings of ${ben.address}`, invited.map(subjectOf), [...scene.meetings, ...scene.outside])
  const meetings = [...(await office.rows('appointment')), ...(await office.rows('recurringappointmentmaster'))]
  const wholes = meetings.filter((row) => row['seriesid'] === undefined || row['seriesid'] === null)
  same(
    'meetings',
    wholes.map((row) => `${String(row['subject'])} ${String(row['location'] ?? '')}`),
    invited.map(meetingOf),
  )
  const isOutside = (subject: string) => scene.outside.includes(subject)
  same('meetings of Ben', invited.filter((one) => !isOutside(subjectOf(one))).map(meetingOf), own.map(meetingOf))
  const asked = wholes.filter((row) => !isOutside(String(row['subject'])))
  faults.push(...invitationFaults(scene, asked), ...(await answerFaults(scene)))
  const final = new Map(contacts.map((row) => [String(row['lastname']), String(row['jobtitle'] ?? '')]))
  const kept = await keptOf(regarding)
  for (const edit of lostEdits(scene.edits, [], { final, kept })) faults.push(`lost: ${JSON.stringify(edit)}`)
  const questions = await openQuestions(regarding, SYSTEM)
  same(
    'questions',
    questions.map(({ text }) => text),
    [],
  )
  same('links half made', await linksHalfMade(scene), [])
  return faults
}

async function linksHalfMade({ office: { regarding } }: Scene): Promise<string[]> {
  const { rows } = await sql<{ state: string; table: string; subject: string | null; lives: boolean }>`
    select state, record_table as "table", subject, record_id in (select activityid from activitypointer union all
      select contactid from contact) as lives
    from item_link where state in ('creating', 'removing')`.execute(regarding.database.sql)
  return rows.map(
    (row) => `${row.state} ${row.table} “${row.subject ?? ''}” ${row.lives ? 'of a record' : 'without record'}`,
  )
}

/** AP-35: its guest is invited to a new meeting once, and at most once more for each change that he must know. */
function invitationFaults({ office, deserved }: Scene, wholes: readonly Row[]): string[] {
  const { ben, server } = office
  const requests = server.meetingMail.filter(({ kind, to }) => kind === 'request' && to === ben.address)
  return wholes.flatMap((row) => {
    const count = requests.filter(({ uid }) => uid === row['globalobjectid']).length
    const most = 1 + (deserved.get(String(row['subject'])) ?? 0)
    return count >= 1 && count <= most ? [] : [`${String(row['subject'])}: ${count} invitations, at most ${most}`]
  })
}

function cardOf({ fields }: Item): string {
  if (!('mobile' in fields) && !('lastName' in fields)) return ''
  const {
    lastName = '',
    jobTitle = '',
    mobile = '',
  } = fields as { lastName?: string; jobTitle?: string; mobile?: string }
  return [lastName, jobTitle, mobile].join(' ')
}

const meetingOf = ({ fields }: Item): string =>
  'showAs' in fields ? `${fields.subject ?? ''} ${fields.location ?? ''}` : ''

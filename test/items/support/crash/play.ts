import { expandDueSeries, openQuestions } from '#items'
import { MailboxError } from '#mailbox'
import { SYSTEM } from '#records'
import { answerItemQuestion, runActMailbox } from '#sync'
import { seededRandom } from '#time'
import type { Person } from '../../../incoming/support/company.ts'
import { type Engine, openTestInstallation } from '../../../support/database.ts'
import { openOffice } from '../office.ts'
import { answerInCalendar, answerInCrm, answerOccurrenceInCalendar, answerOccurrenceInCrm } from './answers.ts'
import * as deeds from './deeds.ts'
import { faultsOf } from './faults.ts'
import * as meetings from './meetings.ts'
import { Scene } from './scene.ts'

/** A process that died. */
class Crash extends Error {}

const ACTS = 50

/** Plays a seed on a store of its own: what is not as it must be in the end, and what happened until then. */
export async function playItems(engine: Engine, seed: number): Promise<{ faults: string[]; story: string[] }> {
  const office = await openOffice(await openTestInstallation(engine), { random: seededRandom(seed + 1_000_000) })
  const scene = new Scene(office, seededRandom(seed))
  try {
    await scene.open()
    for (let act = 0; act < ACTS; act++) await actOnce(scene)
    await calm(scene)
    return { faults: await faultsOf(scene), story: scene.story }
  } catch (error) {
    return { faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)], story: scene.story }
  } finally {
    await scene.close()
  }
}

const cycleOfAnna = (scene: Scene) => cycle(scene, scene.office.anna)
const cycleOfBen = (scene: Scene) => cycle(scene, scene.office.ben)

const ACTS_OF_PEOPLE: readonly ((scene: Scene) => void | Promise<void>)[] = [
  deeds.newContact,
  deeds.newTask,
  deeds.newTrackedTask,
  deeds.changeContact,
  deeds.changeCard,
  deeds.deleteTask,
  deeds.deleteTaskItem,
  deeds.sayInCard,
  deeds.moveItem,
  deeds.loseCursors,
  meetings.newMeeting,
  (scene) => meetings.newOutlookMeeting(scene),
  meetings.newSeries,
  meetings.newOutsideMeeting,
  meetings.changeMeeting,
  meetings.changeMeetingItem,
  meetings.moveMeeting,
  meetings.moveMeetingItem,
  meetings.trackInvitation,
  answerInCalendar,
  answerOccurrenceInCalendar,
  answerInCrm,
  answerInCrm,
  answerOccurrenceInCrm,
  cycleOfAnna,
  cycleOfAnna,
  cycleOfAnna,
  cycleOfBen,
  cycleOfBen,
  cycleOfBen,
]

async function actOnce(scene: Scene): Promise<void> {
  await scene.office.later(1)
  await scene.oneOf(ACTS_OF_PEOPLE)?.(scene)
}

/** Cycles without faults until there is nothing to do. */
async function calm(scene: Scene): Promise<void> {
  const { anna, ben, server, regarding } = scene.office
  server.faults.clear()
  for (let round = 0; round < 10; round++) {
    await scene.office.later(5)
    await expandDueSeries(regarding)
    const seen = (await scene.office.cycle(anna)).seen + (await scene.office.cycle(ben)).seen
    if (seen === 0 && !(await sayYes(scene))) return
  }
  throw new Error('It never came to rest.')
}

/** B-44: a person who deleted tasks says so where the synchronization does not know. */
async function sayYes({ office: { regarding }, story }: Scene): Promise<boolean> {
  const questions = (await openQuestions(regarding, SYSTEM)).filter(({ kind }) => kind === 'deleteBrake')
  for (const { id, text } of questions) {
    story.push(`yes: ${text}`)
    await answerItemQuestion(regarding, SYSTEM, id, true)
  }
  return questions.length > 0
}

/** One cycle, which may die between any two effects, and whose server may lose answers. */
async function cycle(scene: Scene, person: Person): Promise<void> {
  const { regarding, server } = scene.office
  let left = scene.random() < 0.6 ? Math.floor(scene.random() * 25) : Number.POSITIVE_INFINITY
  scene.story.push(`cycle of ${person.address}`)
  server.faults.chance = (call) =>
    call.moment === 'after' && call.name.startsWith('items.') && scene.random() < 0.05 ? { error: lost() } : undefined
  const before = (effect: string) => {
    scene.story.push(`  ${effect}`)
    if (left-- <= 0) throw new Crash()
  }
  try {
    await expandDueSeries(regarding)
    await runActMailbox({ ...regarding, before }, person.mailboxId, { guard: () => Promise.resolve() })
  } catch (error) {
    if (!(error instanceof Crash) && !(error instanceof MailboxError && error.kind === 'transient')) throw error
    scene.story.push(`  ended: ${error.message || 'crashed'}`)
  } finally {
    server.faults.chance = undefined
  }
}

const lost = () => new MailboxError('transient', 'Timeout', 'The answer was lost.')

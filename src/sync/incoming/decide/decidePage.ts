import type { AddressMatch } from '#records'
import type { Decision, Knowledge, KnownCopy, KnownEmail, Message, Trigger } from '../model.ts'
import { addressKey } from './addresses.ts'
import { threadHash } from './correlate.ts'
import { decide } from './decide.ts'

export interface PageItem {
  message: Message
  trigger: Trigger
}

/**
 * Decides on the messages of a page in their order, each knowing what was decided on those before it, as if every
 * decision had been carried out in between: a reply finds the email tracked before it, the second message of a new sender
 * the contact made for the first, a second copy its first.
 */
export function decidePage(items: readonly PageItem[], knowledge: Knowledge): Decision[] {
  const decisions: Decision[] = []
  let known = knowledge
  for (const { message, trigger } of items) {
    const decision = decide(message, trigger, known)
    decisions.push(decision)
    known = knowing(known, message, trigger, decision)
  }
  return decisions
}

/** The knowledge after a decision was carried out; the given one is left as it is. */
export function knowing(knowledge: Knowledge, message: Message, trigger: Trigger, decision: Decision): Knowledge {
  const copied = withCopy(knowledge, message, trigger, decision)
  if (decision.plan) return withPerson(withEmail(copied, createdEmail(message, decision, knowledge)), decision, knowledge)
  if (!decision.link) return copied
  const email = knowledge.emailByKey(message.key, message.direction)
  return email ? withEmail(copied, linkedEmail(email, decision), decision.link.regarding?.from === 'person') : copied
}

function createdEmail(message: Message, { plan }: Decision, knowledge: Knowledge): KnownEmail {
  if (!plan) throw new TypeError('A tracked message has a plan')
  return {
    id: plan.emailId,
    key: plan.key,
    direction: plan.direction,
    ...(plan.regarding ? { regarding: plan.regarding.record } : {}),
    related: plan.related,
    owner: plan.owner,
    ...(plan.token === undefined ? {} : { token: plan.token }),
    ...(message.headers.threadIndex === undefined ? {} : { threadIndex: message.headers.threadIndex }),
    threadId: plan.threadId,
    createdOn: knowledge.now,
    subjectHashes: plan.subjectHashes,
    addressHashes: plan.addressHashes,
    ...(message.headers.date ? { sentOn: message.headers.date } : {}),
    automatic: plan.acceptingEntity !== undefined,
    untracked: false,
    queues: plan.queues,
    ...folderRule(plan.regarding?.mappingId),
  }
}

function linkedEmail(email: KnownEmail, { link }: Decision): KnownEmail {
  if (!link) throw new TypeError('A linked message has a link')
  const { folderRule: before, ...rest } = email
  const kept = before ? { folderRule: before } : {}
  return {
    ...rest,
    untracked: false,
    queues: [...email.queues, ...link.queues],
    ...(link.regarding ? { regarding: link.regarding.record, ...folderRule(link.regarding.mappingId) } : kept),
  }
}

function folderRule(mappingId: string | undefined): Pick<KnownEmail, 'folderRule'> {
  return mappingId === undefined ? {} : { folderRule: { mappingId, applies: true } }
}

/** Knowledge in which one email is new or stands for its former self. */
function withEmail(knowledge: Knowledge, email: KnownEmail, chosenByPerson = false): Knowledge {
  const others = (emails: readonly KnownEmail[]) => emails.filter((other) => other.id !== email.id)
  const hash = email.threadIndex === undefined ? undefined : threadHash(email.threadIndex)
  const subject = new Set(email.subjectHashes)
  const joined = (emails: readonly KnownEmail[], hits: boolean) => (hits ? [email, ...others(emails)] : emails)
  const { regarding } = email
  return {
    ...knowledge,
    ...asking(knowledge),
    emailByKey: (key, direction) =>
      key === email.key && direction === email.direction ? email : knowledge.emailByKey(key, direction),
    emailsByMessageId: (id) => joined(knowledge.emailsByMessageId(id), id === email.key),
    emailsByToken: (token) => joined(knowledge.emailsByToken(token), token === email.token),
    emailsByThreadHash: (other) => joined(knowledge.emailsByThreadHash(other), other === hash),
    emailsBySubjectHash: (hashes) =>
      joined(
        knowledge.emailsBySubjectHash(hashes),
        hashes.some((other) => subject.has(other)),
      ),
    personChoseRegarding: (id) => (id === email.id && chosenByPerson) || knowledge.personChoseRegarding(id),
    threadChoice: (threadId) => {
      const choice = knowledge.threadChoice(threadId)
      if (!chosenByPerson || threadId !== email.threadId || !regarding) return choice
      return { stopped: choice?.stopped ?? false, regarding }
    },
  }
}

function withPerson(knowledge: Knowledge, { plan }: Decision, before: Knowledge): Knowledge {
  const chosen = plan?.regarding?.from === 'person' ? plan : undefined
  const person = plan?.autoCreate
  const remembered = chosen ? withChoice(knowledge, chosen.emailId, chosen.threadId, chosen.regarding?.record) : knowledge
  if (!person) return remembered
  const created: AddressMatch = {
    table: person.table,
    id: person.id,
    name: [person.firstName, person.lastName].filter(Boolean).join(' '),
    active: true,
    owner: person.owner,
    createdOn: before.now,
  }
  const key = addressKey(person.address)
  return {
    ...remembered,
    ...asking(remembered),
    matches: (address) => (address === key ? [...remembered.matches(address), created] : remembered.matches(address)),
  }
}

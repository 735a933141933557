import type { Mailbox } from '#mailbox'
import { type CallWords, itemCalls, mailCalls } from './calls.ts'
import { type CycleLog, DETAIL } from './cycleLog.ts'

/** The same mailbox; every call to it is taken down. */
export function loggedMailbox(mailbox: Mailbox, log: CycleLog): Mailbox {
  const items = mailbox.items && logged(mailbox.items, 'items', itemCalls, log)
  return logged(mailbox, 'mail', mailCalls, log, items ? { items } : {})
}

type Call = (...given: unknown[]) => unknown

function logged<T extends object>(
  port: T,
  name: string,
  calls: Readonly<Record<string, CallWords>>,
  log: CycleLog,
  instead: Partial<T> = {},
): T {
  const wrapped = new Map<PropertyKey, Call>()
  return new Proxy(port, {
    get(target, property) {
      if (Object.hasOwn(instead, property)) return instead[property as keyof T]
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function' || typeof property !== 'string') return value
      const known =
        wrapped.get(property) ?? listen(value.bind(target) as Call, `${name} ${property}`, calls[property], log)
      wrapped.set(property, known)
      return known
    },
  })
}

/** A call whose beginning, end and failure are heard; it does what it did before. */
function listen(call: Call, name: string, words: CallWords | undefined, log: CycleLog): Call {
  if (!words) return call
  return (...given) => {
    const about = () => [name, say(words.about, ...given), idsOf(words, given, log)].filter(Boolean).join(' ')
    const answered = call(...given)
    if (isIterable(answered)) return eachPage(answered, about, words, log)
    if (!(answered instanceof Promise)) return answered
    return heard(answered, about, words, log)
  }
}

async function heard(answer: Promise<unknown>, about: () => string, words: CallWords, log: CycleLog): Promise<unknown> {
  const since = log.now()
  try {
    const value = await answer
    note(log, about(), words, value, since)
    return value
  } catch (error) {
    log.add(about(), since, error)
    throw error
  }
}

async function* eachPage(
  pages: AsyncIterable<unknown>,
  about: () => string,
  words: CallWords,
  log: CycleLog,
): AsyncGenerator {
  let since = log.now()
  try {
    for await (const page of pages) {
      note(log, about(), words, page, since)
      yield page
      since = log.now()
    }
  } catch (error) {
    log.add(about(), since, error)
    throw error
  }
}

function note(log: CycleLog, about: string, words: CallWords, answer: unknown, since: number): void {
  if (log.verbosity < DETAIL.calls) return
  const said = say(words.answer, answer)
  log.add(said ? `${about} → ${said}` : about, since)
}

function idsOf(words: CallWords, given: readonly unknown[], log: CycleLog): string {
  if (!words.ids || log.verbosity < DETAIL.ids) return ''
  return `[${(words.ids as Words<readonly unknown[]>)(...given).join(' ')}]`
}

type Words<T> = (...given: unknown[]) => T

const say = (words: ((...given: never[]) => string) | undefined, ...given: unknown[]): string =>
  words ? (words as Words<string>)(...given) : ''

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

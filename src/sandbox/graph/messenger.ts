import { request } from 'undici'
import type { World } from '../model/index.ts'
import { badRequest, type GraphError } from './error.ts'

/** A receiver that does not answer in that time did not get it. */
const ANSWER_MILLISECONDS = 3_000
const VALIDATION_MILLISECONDS = 10_000
/** Waits before the further attempts. */
const RETRIES = [1_000, 5_000, 30_000]

/** Carries notifications to their receivers, each in one request; nothing waits for it. */
export class Messenger {
  readonly #world: World
  readonly #under = new Set<Promise<void>>()
  readonly #abort = new AbortController()

  constructor(world: World) {
    this.#world = world
  }

  /** The receiver has to give back the token it is sent, as text. @throws GraphError 400 */
  async validate(url: string): Promise<void> {
    const token = `Validation: Testing client application reachability for subscription Request-Id: ${this.#world.ids.guid()}`
    const target = addressOf(url)
    target.searchParams.set('validationToken', token)
    let answer: { status: number; text: string }
    try {
      answer = await this.#post(target.href, '', 'text/plain; charset=utf-8', VALIDATION_MILLISECONDS)
    } catch (error) {
      throw unvalidated(
        `Notification endpoint is not reachable: ${error instanceof Error ? error.message : String(error)}.`,
      )
    }
    if (answer.status !== 200)
      throw unvalidated(`Notification endpoint must respond with 200 OK to validation request, not ${answer.status}.`)
    if (answer.text !== token) throw unvalidated('Must respond with the validation token as plain text.')
  }

  /** Sends at once, or as faults have it: not at all, twice, later. */
  send(mailbox: string, url: string, notification: object): void {
    const faults = this.#world.faults.strike({ mailbox, face: 'graph', operation: 'notification' })
    if (faults.some(({ kind }) => kind === 'notificationLost')) return
    const late = faults.find((fault) => fault.kind === 'notificationLate')
    const times = faults.some(({ kind }) => kind === 'notificationDoubled') ? 2 : 1
    for (let time = 0; time < times; time++) {
      const sending: Promise<void> = this.#deliver(
        url,
        JSON.stringify({ value: [notification] }),
        late?.milliseconds ?? 0,
      ).finally(() => this.#under.delete(sending))
      this.#under.add(sending)
    }
  }

  async settled(): Promise<void> {
    while (this.#under.size) await Promise.all(this.#under)
  }

  close(): void {
    this.#abort.abort(new Error('The sandbox is closed.'))
  }

  async #deliver(url: string, body: string, wait: number): Promise<void> {
    for (const pause of [wait, ...RETRIES]) {
      try {
        if (pause) await this.#world.clock.sleep(pause, this.#abort.signal)
        const { status } = await this.#post(url, body, 'application/json', ANSWER_MILLISECONDS)
        if (status < 300) return
      } catch {
        // A receiver that cannot be reached is tried again; when nobody is there in the end, the notification is lost.
        if (this.#abort.signal.aborted) return
      }
    }
  }

  async #post(
    url: string,
    body: string,
    type: string,
    milliseconds: number,
  ): Promise<{ status: number; text: string }> {
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(milliseconds)]),
    })
    return { status: statusCode, text: await answer.text() }
  }
}

function unvalidated(why: string): GraphError {
  return badRequest(`Subscription validation request failed. ${why}`, 'ValidationError')
}

function addressOf(url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw badRequest(`The notificationUrl '${url}' is no address.`, 'InvalidRequest')
  }
}

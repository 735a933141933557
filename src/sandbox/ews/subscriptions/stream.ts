import type { ServerResponse } from 'node:http'
import { answer, refusal, success } from '../answer.ts'
import type { Call } from '../call.ts'
import { EwsFailure } from '../failure.ts'
import { child, type Element, tag, textOf, type Xml } from '../xml.ts'
import type { Subscription } from './subscription.ts'
import { writeNotification } from './writing.ts'

/** So often a quiet connection says that it lives. */
const HEARTBEAT_MS = 45_000
const OPERATION = 'GetStreamingEvents'

/**
 * Answers GetStreamingEvents: one envelope after the other on the open connection, for every event and as a heartbeat,
 * until the time that was asked for is over or the client goes.
 * @param write makes an envelope of a body
 */
export async function streamEvents(
  call: Call,
  request: Element,
  response: ServerResponse,
  write: (body: Xml) => string,
): Promise<void> {
  const ids = (child(request, 'SubscriptionIds')?.children ?? []).map(({ text }) => text.trim())
  const subscriptions = ids.flatMap((id) => call.subscriptions.get(id) ?? [])
  const send = (message: Xml) => void response.write(write(answer(OPERATION, [message])))
  response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' })
  const unknown = ids.filter((id) => !subscriptions.some((each) => each.id === id && each.timeout === undefined))
  if (unknown.length) {
    send(refusal(OPERATION, new EwsFailure('ErrorInvalidSubscription'), unknownIds(unknown)))
    return void response.end()
  }
  await stream(call, subscriptions, minutesOf(request), response, send)
}

function minutesOf(request: Element): number {
  return Number(textOf(request, 'ConnectionTimeout'))
}

const unknownIds = (ids: readonly string[]): Xml =>
  tag(
    'm:ErrorSubscriptionIds',
    {},
    ids.map((id) => tag('t:SubscriptionId', {}, id)),
  )
const status = (word: 'OK' | 'Closed'): Xml => success(OPERATION, tag('m:ConnectionStatus', {}, word))

async function stream(
  { world }: Call,
  subscriptions: readonly Subscription[],
  minutes: number,
  response: ServerResponse,
  send: (message: Xml) => void,
): Promise<void> {
  const end = new AbortController()
  response.once('close', () => end.abort())
  const tell = () => {
    const notifications = subscriptions.flatMap((subscription) => {
      const events = subscription.take()
      return events.length ? [writeNotification(subscription, events)] : []
    })
    if (notifications.length) send(success(OPERATION, tag('m:Notifications', {}, notifications)))
  }
  send(status('OK'))
  for (const subscription of subscriptions) subscription.onEvent(tell)
  tell()
  const until = world.clock.now().getTime() + minutes * 60_000
  for (let left = minutes * 60_000; left > 0 && !end.signal.aborted; left = until - world.clock.now().getTime()) {
    // Aborted when the client goes: that is the end of the stream, not a failure.
    await world.clock.sleep(Math.min(left, HEARTBEAT_MS), end.signal).catch(() => undefined)
    if (!end.signal.aborted && world.clock.now().getTime() < until) send(status('OK'))
  }
  for (const subscription of subscriptions) subscription.onEvent(undefined)
  if (end.signal.aborted) return
  send(status('Closed'))
  response.end()
}

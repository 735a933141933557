import type { Subscription as GraphSubscription } from '@microsoft/microsoft-graph-types'
import { MailboxError } from '../errors.ts'
import type { Announced, Callbacks, Subscription } from '../port.ts'
import type { GraphClient } from './client.ts'
import { segment } from './query.ts'

/**
 * Change notifications: https://learn.microsoft.com/graph/change-notifications-overview. They carry no content. What
 * happens to the subscription itself is told to the same address.
 */
export function graphCallbacks(client: GraphClient): Callbacks {
  return {
    async subscribe(about, { url, secret, until }) {
      const { value } = await client.service<GraphSubscription>({
        method: 'POST',
        path: '/subscriptions',
        body: {
          changeType: about.kind === 'mail' ? 'created,updated' : 'created,updated,deleted',
          notificationUrl: url,
          lifecycleNotificationUrl: url,
          resource: client.mailboxPath + placeOf(about),
          expirationDateTime: until.toISOString(),
          clientState: secret,
        },
        deed: 'Subscribing to changes',
      })
      return subscriptionOf(value, until)
    },
    async renew(id, until) {
      try {
        const { value } = await client.service<GraphSubscription>({
          method: 'PATCH',
          path: `/subscriptions/${segment(id)}`,
          body: { expirationDateTime: until.toISOString() },
          deed: 'Renewing a subscription',
          repeatable: true,
        })
        return subscriptionOf({ ...value, id }, until)
      } catch (error) {
        throw gone(error) ?? error
      }
    },
    async unsubscribe(id) {
      try {
        const path = `/subscriptions/${segment(id)}`
        await client.service({ method: 'DELETE', path, deed: 'Ending a subscription', repeatable: true })
      } catch (error) {
        if (!gone(error)) throw error
      }
    },
  }
}

/** Events are those of all calendars, contacts those of all folders; tasks are told of list by list. */
function placeOf(about: Announced): string {
  switch (about.kind) {
    case 'event':
      return '/events'
    case 'contact':
      return '/contacts'
    case 'task':
      return `/todo/lists/${segment(about.folder)}/tasks`
    case 'mail':
      return about.folder === undefined ? '/messages' : `/mailFolders/${segment(about.folder)}/messages`
  }
}

/** What is not found here is the subscription, whatever the server calls it. */
function gone(error: unknown): MailboxError | undefined {
  if (!(error instanceof MailboxError)) return undefined
  if (error.kind !== 'notFound' && !['MailboxNotFound', 'NoUserInTenant'].includes(error.code)) return undefined
  return new MailboxError('notFound', 'ItemNotFound', 'Microsoft Graph no longer knows the subscription.', {
    scope: 'item',
    cause: error,
  })
}

/** The server may grant less time than was asked for. */
function subscriptionOf(answer: GraphSubscription | undefined, asked: Date): Subscription {
  const until = new Date(answer?.expirationDateTime ?? asked)
  if (answer?.id) return { id: answer.id, until: Number.isNaN(until.getTime()) ? asked : until }
  throw new MailboxError(
    'transient',
    'ErrorInternalServerTransientError',
    'Microsoft Graph made a subscription without an id. It is tried again.',
    { scope: 'server' },
  )
}

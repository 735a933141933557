import type * as graph from '@microsoft/microsoft-graph-types'
import type { Caller } from '../login.ts'
import type { Notice, World } from '../model/index.ts'
import { badRequest, GraphError } from './error.ts'
import { Messenger } from './messenger.ts'
import { writtenId } from './request.ts'
import { concerns, type Resource, resourceOf } from './resource.ts'

export interface Subscription {
  id: string
  caller: Caller
  resource: Resource
  /** As the subscriber wrote it. */
  written: string
  changeTypes: readonly ('created' | 'updated' | 'deleted')[]
  notificationUrl: string
  lifecycleNotificationUrl: string | undefined
  clientState: string | undefined
  expires: Date
  /** Ids in notifications last. */
  immutable: boolean
}

export type LifecycleEvent = 'reauthorizationRequired' | 'missed' | 'subscriptionRemoved'

/** Seven days, as for all resources of Outlook without their data; nearly three for tasks. */
const MAX_MINUTES = { message: 10_080, event: 10_080, contact: 10_080, task: 4_230 } as const
/** Whoever asks for less gets that. */
const MIN_MINUTES = 45
const MAX_PER_MAILBOX = 1_000

/** What wants to be told of changes, and telling it. */
export class Subscriptions {
  readonly #world: World
  readonly #messenger: Messenger
  readonly #tenant: string
  readonly #all = new Map<string, Subscription>()
  readonly #stop: () => void

  constructor(world: World, tenant: string) {
    this.#world = world
    this.#tenant = tenant
    this.#messenger = new Messenger(world)
    this.#stop = world.notifier.listen((notice) => this.#tell(notice))
  }

  all(): Subscription[] {
    const now = this.#world.clock.now()
    for (const { id, expires } of this.#all.values()) if (expires <= now) this.#all.delete(id)
    return [...this.#all.values()]
  }

  /** @throws GraphError 404 */
  get(id: string): Subscription {
    const found = this.all().find((each) => each.id === id)
    if (!found) throw new GraphError(404, 'ResourceNotFound', 'The object was not found.')
    return found
  }

  /** Asks the receiver first whether it wants to hear. @throws GraphError 400 when it does not answer as it must */
  async create(
    caller: Caller,
    given: Required<Pick<graph.Subscription, 'changeType' | 'notificationUrl' | 'resource'>> & graph.Subscription,
    immutable: boolean,
  ): Promise<Subscription> {
    const resource = resourceOf(this.#world, caller, given.resource)
    // Tasks are told to people only: https://learn.microsoft.com/graph/api/subscription-post-subscriptions
    if (resource.kind === 'task' && !caller.user)
      throw new GraphError(403, 'ErrorAccessDenied', 'Application permissions do not suffice for this resource.')
    const expires = this.#expiry(given.expirationDateTime, resource)
    const { notificationUrl, lifecycleNotificationUrl, clientState } = given
    if ((clientState ?? '').length > 128)
      throw badRequest('The clientState is longer than 128 characters.', 'InvalidRequest')
    if (this.all().filter((each) => each.resource.user === resource.user).length >= MAX_PER_MAILBOX)
      throw new GraphError(403, 'ErrorMaximumSubscriptions', 'The mailbox has too many subscriptions.')
    await this.#messenger.validate(notificationUrl)
    if (lifecycleNotificationUrl) await this.#messenger.validate(lifecycleNotificationUrl)
    const subscription: Subscription = {
      id: this.#world.ids.guid(),
      caller,
      resource,
      written: given.resource,
      changeTypes: changeTypes(given.changeType),
      notificationUrl,
      lifecycleNotificationUrl: lifecycleNotificationUrl ?? undefined,
      clientState: clientState ?? undefined,
      expires,
      immutable,
    }
    this.#all.set(subscription.id, subscription)
    return subscription
  }

  renew(id: string, expirationDateTime: string | null | undefined): Subscription {
    const subscription = this.get(id)
    subscription.expires = this.#expiry(expirationDateTime, subscription.resource)
    return subscription
  }

  remove(id: string): void {
    this.get(id)
    this.#all.delete(id)
  }

  /** Tells the receiver of something that happened to the subscription itself; `subscriptionRemoved` removes it. */
  lifecycle(id: string, lifecycleEvent: LifecycleEvent): void {
    const subscription = this.get(id)
    if (lifecycleEvent === 'subscriptionRemoved') this.#all.delete(id)
    if (!subscription.lifecycleNotificationUrl) return
    this.#messenger.send(subscription.resource.user.address, subscription.lifecycleNotificationUrl, {
      lifecycleEvent,
      ...this.#address(subscription),
    })
  }

  /** Resolves when everything that is to be told has been told or given up. */
  settled(): Promise<void> {
    return this.#messenger.settled()
  }

  close(): void {
    this.#stop()
    this.#messenger.close()
  }

  #tell(notice: Notice): void {
    for (const subscription of this.all()) {
      for (const { changeType, id } of happenings(notice, subscription)) {
        const { user, type, set } = subscription.resource
        const path = `Users/${user.id}/${set}/${id}`
        this.#messenger.send(user.address, subscription.notificationUrl, {
          changeType,
          ...this.#address(subscription),
          resource: path,
          resourceData: { '@odata.type': type, '@odata.id': path, '@odata.etag': `W/"${notice.changeKey}"`, id },
        })
      }
    }
  }

  #address({ id, expires, clientState }: Subscription) {
    return {
      subscriptionId: id,
      subscriptionExpirationDateTime: expires.toISOString(),
      ...(clientState !== undefined && { clientState }),
      tenantId: this.#tenant,
    }
  }

  #expiry(written: string | null | undefined, { kind }: Resource): Date {
    const expires = new Date(written ?? '')
    const now = this.#world.clock.now().getTime()
    const minutes = (expires.getTime() - now) / 60_000
    if (Number.isNaN(minutes)) throw badRequest('The expirationDateTime is missing or no time.', 'InvalidRequest')
    if (minutes <= 0) throw badRequest('Subscription expiration must be in the future.', 'ValidationError')
    if (minutes > MAX_MINUTES[kind])
      throw badRequest(
        `Subscription expiration can only be ${MAX_MINUTES[kind]} minutes in the future.`,
        'ValidationError',
      )
    return minutes < MIN_MINUTES ? new Date(now + MIN_MINUTES * 60_000) : expires
  }
}

/** A move is the end in one folder and the beginning in another. */
function happenings(notice: Notice, { resource, changeTypes, immutable }: Subscription) {
  const id = writtenId(immutable ? notice.id : notice.entryId)
  const before = notice.from && {
    id: writtenId(immutable ? notice.id : notice.from.entryId),
    folder: notice.from.folder,
  }
  const told: { changeType: 'created' | 'updated' | 'deleted'; id: string }[] = []
  const tell = (changeType: 'created' | 'updated' | 'deleted', about: string) =>
    changeTypes.includes(changeType) && told.push({ changeType, id: about })
  if (notice.change === 'moved' && before) {
    if (concerns(resource, notice, before.folder)) tell('deleted', before.id)
    if (concerns(resource, notice, notice.folder)) tell('created', id)
  } else if (concerns(resource, notice, notice.folder)) {
    if (notice.change === 'created' || notice.change === 'updated' || notice.change === 'deleted')
      tell(notice.change, id)
  }
  return told
}

function changeTypes(written: string | null): Subscription['changeTypes'] {
  const types = (written ?? '').split(',').map((type) => type.trim().toLowerCase())
  const known = types.filter((type) => type === 'created' || type === 'updated' || type === 'deleted')
  if (known.length && known.length === types.length) return known
  throw badRequest(`The changeType '${written}' is not valid.`, 'InvalidRequest')
}

export function subscriptionJson(subscription: Subscription): graph.Subscription {
  return {
    id: subscription.id,
    resource: subscription.written,
    applicationId: subscription.caller.application.clientId,
    changeType: subscription.changeTypes.join(','),
    clientState: null,
    notificationUrl: subscription.notificationUrl,
    lifecycleNotificationUrl: subscription.lifecycleNotificationUrl ?? null,
    expirationDateTime: subscription.expires.toISOString(),
    creatorId: subscription.caller.user?.id ?? subscription.caller.application.clientId,
    latestSupportedTlsVersion: 'v1_2',
    includeResourceData: null,
  }
}

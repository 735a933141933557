import { z } from 'zod'
import { readJson } from './body.ts'
import type { Context } from './context.ts'
import { GraphError } from './error.ts'
import { wantsImmutable } from './request.ts'
import type { PlainRoutes } from './router.ts'
import { type Subscription, subscriptionJson } from './subscriptions.ts'

const schema = z.strictObject({
  changeType: z.string(),
  notificationUrl: z.string().max(2_000),
  lifecycleNotificationUrl: z.string().max(2_000).nullish(),
  resource: z.string().max(2_000),
  expirationDateTime: z.string(),
  clientState: z.string().nullish(),
  latestSupportedTlsVersion: z.string().nullish(),
  includeResourceData: z.literal(false).nullish(),
})

const own = (context: Context): Subscription => {
  const subscription = context.subscriptions.get(context.params['subscription'] ?? '')
  if (subscription.caller.application === context.caller.application) return subscription
  throw new GraphError(404, 'ResourceNotFound', 'The object was not found.')
}

export const subscriptionRoutes: PlainRoutes = {
  'GET subscriptions': ({ subscriptions, caller }) => ({
    status: 200,
    body: {
      value: subscriptions
        .all()
        .filter((each) => each.caller.application === caller.application)
        .map(subscriptionJson),
    },
  }),
  'POST subscriptions': async (context) => {
    const body = readJson(context.request, schema, 'microsoft.graph.subscription')
    const immutable = wantsImmutable(context.request)
    const { lifecycleNotificationUrl = null, clientState = null, ...rest } = body
    const { includeResourceData: _, latestSupportedTlsVersion: __, ...needed } = rest
    const made = await context.subscriptions.create(
      context.caller,
      { ...needed, lifecycleNotificationUrl, clientState },
      immutable,
    )
    return { status: 201, body: { ...subscriptionJson(made), clientState } }
  },
  'GET subscriptions/{subscription}': (context) => ({ status: 200, body: subscriptionJson(own(context)) }),
  'PATCH subscriptions/{subscription}': (context) => {
    const body = readJson(
      context.request,
      z.strictObject({ expirationDateTime: z.string() }),
      'microsoft.graph.subscription',
    )
    return {
      status: 200,
      body: subscriptionJson(context.subscriptions.renew(own(context).id, body.expirationDateTime)),
    }
  },
  'POST subscriptions/{subscription}/reauthorize': (context) => {
    own(context)
    return { status: 200 }
  },
  'DELETE subscriptions/{subscription}': (context) => {
    context.subscriptions.remove(own(context).id)
    return { status: 204 }
  },
}

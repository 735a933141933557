import type * as graph from '@microsoft/microsoft-graph-types'
import { z } from 'zod'
import type { Category, User } from '../model/index.ts'
import { readJson } from './body.ts'
import type { MailboxContext } from './context.ts'
import { list, project, readQuery } from './query.ts'
import { type GraphAnswer, readId, writtenId } from './request.ts'
import type { MailboxRoutes } from './router.ts'

const color = z.string().regex(/^(?:none|preset(?:\d|1\d|2[0-4]))$/i)

export const settingRoutes: MailboxRoutes = {
  'GET ': ({ user, request }) => ({ status: 200, body: project(userJson(user), readQuery(request).select) }),
  'GET outlook/masterCategories': (context) =>
    list(context.request, context.url, {
      items: context.mailbox.categories.all(),
      brief: categoryJson,
      full: categoryJson,
      context: `${context.root}/outlook/masterCategories`,
    }),
  'POST outlook/masterCategories': ({ mailbox, request }) => {
    const body = readJson(
      request,
      z.strictObject({ displayName: z.string(), color: color.optional() }),
      'microsoft.graph.outlookCategory',
    )
    return { status: 201, body: categoryJson(mailbox.categories.add(body.displayName, colorOf(body.color))) }
  },
  'GET outlook/masterCategories/{category}': ({ mailbox, params }) => ({
    status: 200,
    body: categoryJson(mailbox.categories.get(params['category'] ?? '')),
  }),
  'PATCH outlook/masterCategories/{category}': ({ mailbox, params, request }) => {
    const body = readJson(request, z.strictObject({ color }), 'microsoft.graph.outlookCategory')
    return {
      status: 200,
      body: categoryJson(mailbox.categories.recolor(params['category'] ?? '', colorOf(body.color))),
    }
  },
  'DELETE outlook/masterCategories/{category}': ({ mailbox, params }) => {
    mailbox.categories.remove(params['category'] ?? '')
    return { status: 204 }
  },
  'GET mailboxSettings': ({ user }) => ({ status: 200, body: mailboxSettings(user) }),
  'GET mailboxSettings/timeZone': ({ user }) => ({ status: 200, body: { value: user.timeZone } }),
  'POST translateExchangeIds': translateIds,
}

export function userJson(user: User) {
  return {
    id: user.id,
    displayName: user.name,
    givenName: user.givenName,
    surname: user.surname,
    mail: user.address,
    userPrincipalName: user.address,
    businessPhones: [],
    jobTitle: null,
    mobilePhone: null,
    officeLocation: null,
    preferredLanguage: null,
    accountEnabled: true,
    proxyAddresses: [`SMTP:${user.address}`, ...user.aliases.map((alias) => `smtp:${alias}`)],
  } satisfies graph.User
}

function categoryJson({ id, name, color: number }: Category) {
  return {
    id,
    displayName: name,
    color: (number < 0 ? 'none' : `preset${number}`) as graph.CategoryColor,
  } satisfies graph.OutlookCategory
}

function colorOf(written: string | undefined): number {
  return written === undefined || written.toLowerCase() === 'none' ? -1 : Number(written.slice('preset'.length))
}

function mailboxSettings(user: User) {
  return {
    archiveFolder: writtenId(user.mailbox.wellKnown('archive').id),
    timeZone: user.timeZone,
    dateFormat: 'yyyy-MM-dd',
    timeFormat: 'HH:mm',
    delegateMeetingMessageDeliveryOptions: user.meetingMessages,
    language: { locale: 'en-US', displayName: 'English (United States)' },
    workingHours: {
      daysOfWeek: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
      startTime: '08:00:00.0000000',
      endTime: '17:00:00.0000000',
      timeZone: { name: user.timeZone },
    },
    automaticRepliesSetting: {
      status: 'disabled',
      externalAudience: 'all',
      internalReplyMessage: '',
      externalReplyMessage: '',
    },
    userPurpose: 'user',
  } satisfies graph.MailboxSettings
}

/** From one form of id to another; those that are unknown say so. */
function translateIds({ mailbox, request }: MailboxContext): GraphAnswer {
  const kind = z.enum(['entryId', 'ewsId', 'immutableEntryId', 'restId', 'restImmutableEntryId'])
  const schema = z.strictObject({
    inputIds: z.array(z.string()).max(1_000),
    sourceIdType: kind.optional(),
    targetIdType: kind,
  })
  const {
    inputIds,
    sourceIdType = 'restId',
    targetIdType,
  } = readJson(request, schema, 'microsoft.graph.translateExchangeIds')
  const value = inputIds.map((sourceId) => {
    const id = sourceIdType === 'ewsId' ? sourceId : readId(sourceId)
    if (!mailbox.has(id))
      return { sourceId, errorDetails: { code: 'ErrorItemNotFound', message: 'The item was not found.' } }
    const item = mailbox.item(id)
    const target = /immutable/i.test(targetIdType) ? item.id : item.entryId
    return { sourceId, targetId: targetIdType === 'ewsId' ? target : writtenId(target) }
  })
  return { status: 200, body: { '@odata.context': '$metadata#Collection(convertIdResult)', value } }
}

import { z } from 'zod'
import { type ChecklistItem, instantOf, type New, type Patch, type Task } from '../model/index.ts'
import { bodySchema, categoriesSchema, dateTimeSchema, importanceSchema, readJson } from './body.ts'
import type { MailboxContext } from './context.ts'
import { delta } from './delta.ts'
import { notFound } from './error.ts'
import { readWhen } from './eventBody.ts'
import { list, project, readQuery } from './query.ts'
import { readRecurrence, recurrenceSchema } from './recurrenceJson.ts'
import { type GraphAnswer, ifMatch } from './request.ts'
import type { MailboxRoutes } from './router.ts'
import { listOf, taskOf } from './taskAccess.ts'
import { checklistJson, listJson, taskJson } from './taskJson.ts'
import { linkedSchema, newLinked, taskPartRoutes } from './taskParts.ts'

const nameSchema = z.strictObject({ displayName: z.string() })
const checklistSchema = z.strictObject({
  displayName: z.string().max(255).optional(),
  isChecked: z.boolean().optional(),
})

const taskSchema = z.strictObject({
  title: z.string().max(255).nullish(),
  body: bodySchema.nullish(),
  status: z.enum(['notStarted', 'inProgress', 'completed', 'waitingOnOthers', 'deferred']).optional(),
  importance: importanceSchema.optional(),
  isReminderOn: z.boolean().optional(),
  reminderDateTime: dateTimeSchema.nullish(),
  startDateTime: dateTimeSchema.nullish(),
  dueDateTime: dateTimeSchema.nullish(),
  completedDateTime: dateTimeSchema.nullish(),
  recurrence: recurrenceSchema.nullish(),
  categories: categoriesSchema,
  linkedResources: z.array(linkedSchema).max(25).optional(),
})

export const taskRoutes: MailboxRoutes = {
  ...taskPartRoutes,
  'GET todo/lists': (context) => {
    const items = context.mailbox.folders().filter(({ kind }) => kind === 'task')
    return list(context.request, context.url, {
      items,
      brief: listJson,
      full: listJson,
      context: `${context.root}/todo/lists`,
    })
  },
  'POST todo/lists': (context) => {
    const { displayName } = readJson(context.request, nameSchema, 'microsoft.graph.todoTaskList')
    const root = context.mailbox.wellKnown('tasks').id
    return { status: 201, body: listJson(context.mailbox.createFolder(root, displayName, 'task')) }
  },
  'GET todo/lists/delta': (context) =>
    delta(context, {
      name: 'hierarchy',
      log: context.mailbox.hierarchy,
      context: 'Collection(todoTaskList)',
      type: '#microsoft.graph.todoTaskList',
      reason: () => 'deleted',
      tell: ({ id }) => {
        const folder = context.mailbox.folder(id)
        return folder.kind === 'task' ? listJson(folder) : undefined
      },
    }),
  'GET todo/lists/{list}': (context) => ({ status: 200, body: listJson(listOf(context)) }),
  'PATCH todo/lists/{list}': (context) => {
    const { displayName } = readJson(context.request, nameSchema, 'microsoft.graph.todoTaskList')
    return { status: 200, body: listJson(context.mailbox.renameFolder(listOf(context).id, displayName)) }
  },
  'DELETE todo/lists/{list}': (context) => {
    context.mailbox.deleteFolder(listOf(context).id)
    return { status: 204 }
  },
  'GET todo/lists/{list}/tasks': listTasks,
  'POST todo/lists/{list}/tasks': create,
  'GET todo/lists/{list}/tasks/delta': taskDelta,
  'GET todo/lists/{list}/tasks/{task}': (context) => one(context, taskOf(context)),
  'PATCH todo/lists/{list}/tasks/{task}': (context) => {
    const task = taskOf(context)
    const change = patchOf(context, task, readJson(context.request, taskSchema, 'microsoft.graph.todoTask'))
    return one(context, context.mailbox.update<Task>(task.id, change, ifMatch(context.request)))
  },
  'DELETE todo/lists/{list}/tasks/{task}': (context) => {
    const task = taskOf(context)
    const expected = ifMatch(context.request)
    if (expected !== undefined && expected !== task.changeKey) context.mailbox.update<Task>(task.id, {}, expected)
    context.mailbox.delete(task.id)
    return { status: 204 }
  },
  'GET todo/lists/{list}/tasks/{task}/checklistItems': (context) => {
    const items = taskOf(context).checklist
    return list(context.request, context.url, {
      items,
      brief: checklistJson,
      full: checklistJson,
      context: 'checklistItems',
    })
  },
  'POST todo/lists/{list}/tasks/{task}/checklistItems': (context) => {
    const body = readJson(context.request, checklistSchema, 'microsoft.graph.checklistItem')
    const { ids, clock } = context.world
    const item = {
      id: ids.guid(),
      text: body.displayName ?? '',
      checked: body.isChecked ?? false,
      created: clock.now(),
    }
    return withChecklist(context, (items) => [...items, item], item, 201)
  },
  'PATCH todo/lists/{list}/tasks/{task}/checklistItems/{item}': (context) => {
    const body = readJson(context.request, checklistSchema, 'microsoft.graph.checklistItem')
    const before = checklistItemOf(context)
    const item = { ...before, text: body.displayName ?? before.text, checked: body.isChecked ?? before.checked }
    return withChecklist(context, (items) => items.map((each) => (each.id === item.id ? item : each)), item, 200)
  },
  'DELETE todo/lists/{list}/tasks/{task}/checklistItems/{item}': (context) => {
    const gone = checklistItemOf(context)
    withChecklist(context, (items) => items.filter(({ id }) => id !== gone.id), gone, 204)
    return { status: 204 }
  },
}

function listTasks(context: MailboxContext): Promise<GraphAnswer> {
  const items = context.mailbox.items(listOf(context).id).filter((item): item is Task => item.kind === 'task')
  const { expand } = readQuery(context.request)
  return list(context.request, context.url, {
    items,
    brief: (task) => taskJson(context.request, task, 'linkedResources'),
    full: (task) => taskJson(context.request, task, expand),
    context: `${context.root}/todo/lists/tasks`,
  })
}

function taskDelta(context: MailboxContext): Promise<GraphAnswer> {
  const { mailbox, request } = context
  const folder = listOf(context)
  const type = '#microsoft.graph.todoTask'
  return delta(context, {
    name: folder.id,
    log: mailbox.log(folder.id),
    context: 'Collection(todoTask)',
    type,
    reason: () => 'deleted',
    tell({ id }) {
      const task = mailbox.item(id)
      return task.kind === 'task' ? { '@odata.type': type, ...taskJson(request, task) } : undefined
    },
  })
}

function one(context: MailboxContext, task: Task, status = 200): GraphAnswer {
  const { select, expand } = readQuery(context.request)
  return { status, body: project(taskJson(context.request, task, expand), select) }
}

const NEW: New<Task> = {
  kind: 'task',
  subject: '',
  body: { type: 'text', content: '' },
  status: 'notStarted',
  percent: 0,
  importance: 'normal',
  sensitivity: 'normal',
  checklist: [],
  attachments: [],
}

function create(context: MailboxContext): GraphAnswer {
  const body = readJson(context.request, taskSchema, 'microsoft.graph.todoTask')
  const linked = (body.linkedResources ?? []).map((each) => newLinked(context, each))
  return one(
    context,
    context.mailbox.add<Task>(listOf(context).id, { ...NEW, ...patchOf(context, NEW, body), linked }),
    201,
  )
}

function patchOf({ world }: MailboxContext, before: New<Task>, body: z.infer<typeof taskSchema>): Patch<Task> {
  const { title, status, importance, recurrence, categories, reminderDateTime: reminder } = body
  return {
    ...(title !== undefined && { subject: title ?? '' }),
    ...(body.body && { body: { type: body.body.contentType ?? 'text', content: body.body.content ?? '' } }),
    ...(importance && { importance }),
    ...(body.startDateTime !== undefined && { start: day(body.startDateTime) }),
    ...(body.dueDateTime !== undefined && { due: day(body.dueDateTime) }),
    ...(recurrence !== undefined && { recurrence: recurrence ? readRecurrence(recurrence) : undefined }),
    ...(categories && { categories }),
    ...(reminder && { reminder: instantOf(readWhen(reminder)) }),
    ...((reminder === null || body.isReminderOn === false) && { reminder: undefined }),
    ...(status && {
      status,
      percent: status === 'completed' ? 100 : status === 'notStarted' ? 0 : before.percent === 100 ? 0 : before.percent,
      completed:
        status === 'completed'
          ? (day(body.completedDateTime) ?? world.clock.now().toISOString().slice(0, 10))
          : undefined,
    }),
  }
}

function day(value: { dateTime: string } | null | undefined): string | undefined {
  return value?.dateTime.slice(0, 10)
}

function checklistItemOf(context: MailboxContext): ChecklistItem {
  const item = taskOf(context).checklist.find(({ id }) => id === context.params['item'])
  if (!item) throw notFound()
  return item
}

function withChecklist(
  context: MailboxContext,
  change: (items: readonly ChecklistItem[]) => ChecklistItem[],
  item: ChecklistItem,
  status: number,
): GraphAnswer {
  const task = taskOf(context)
  context.mailbox.update<Task>(task.id, { checklist: change(task.checklist) })
  return { status, body: checklistJson(item) }
}

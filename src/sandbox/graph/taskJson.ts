import type * as graph from '@microsoft/microsoft-graph-types'
import type { ChecklistItem, Folder, LinkedResource, OpenExtension, Task } from '../model/index.ts'
import type { Entity } from './filter.ts'
import { utc } from './instant.ts'
import { recurrenceJson } from './recurrenceJson.ts'
import { etagOf, type GraphRequest, idOf, writtenId } from './request.ts'

/** Tasks of To Do have less than those of Outlook: no percentage, no sensitivity. */
export function taskJson(request: GraphRequest, task: Task, expand = ''): Entity {
  return {
    '@odata.etag': etagOf(task),
    id: idOf(request, task),
    title: task.subject,
    status: task.status,
    importance: task.importance,
    isReminderOn: task.reminder !== undefined,
    createdDateTime: task.created.toISOString(),
    lastModifiedDateTime: task.modified.toISOString(),
    bodyLastModifiedDateTime: task.modified.toISOString(),
    hasAttachments: task.attachments.length > 0,
    categories: [...task.categories],
    body: { contentType: task.body.type, content: task.body.content },
    ...(task.start && { startDateTime: dayJson(task.start) }),
    ...(task.due && { dueDateTime: dayJson(task.due) }),
    ...(task.completed && { completedDateTime: dayJson(task.completed) }),
    ...(task.reminder && { reminderDateTime: utc(task.reminder) }),
    ...(task.recurrence && { recurrence: recurrenceJson(task.recurrence, 'UTC') }),
    ...(/\blinkedResources\b/.test(expand) && { linkedResources: (task.linked ?? []).map(linkedJson) }),
    ...(/\bextensions\b/.test(expand) && { extensions: (task.extensions ?? []).map(extensionJson) }),
    ...(/\bchecklistItems\b/.test(expand) && { checklistItems: task.checklist.map(checklistJson) }),
  } satisfies graph.TodoTask & Entity
}

export function listJson({ id, name, wellKnown }: Folder) {
  return {
    '@odata.etag': etagOf({ changeKey: id.slice(-20) }),
    id: writtenId(id),
    displayName: name,
    isOwner: true,
    isShared: false,
    wellknownListName: wellKnown === 'tasks' ? 'defaultList' : 'none',
  } satisfies graph.TodoTaskList & Entity
}

export function checklistJson({ id, text, checked, created }: ChecklistItem) {
  return {
    id,
    displayName: text,
    createdDateTime: created.toISOString(),
    isChecked: checked,
  } satisfies graph.ChecklistItem
}

export function linkedJson({ id, applicationName, displayName, externalId, webUrl }: LinkedResource) {
  return {
    id,
    applicationName: applicationName ?? null,
    displayName: displayName ?? null,
    externalId: externalId ?? null,
    webUrl: webUrl ?? null,
  } satisfies graph.LinkedResource
}

export function extensionJson({ extensionName, values }: OpenExtension) {
  return {
    '@odata.type': '#microsoft.graph.openTypeExtension',
    ...values,
    id: `microsoft.graph.openTypeExtension.${extensionName}`,
    extensionName,
  }
}

function dayJson(day: string) {
  return { dateTime: `${day}T00:00:00.0000000`, timeZone: 'UTC' } satisfies graph.DateTimeTimeZone
}

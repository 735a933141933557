import type { Decision, KnownCopy, Mark, Message, TrackingSettings, Trigger } from '../model.ts'

/** Categories that make the item show its state (T-86, T-94, T-95). */
export function marksFor(
  message: Message,
  tracked: boolean,
  settings: Pick<TrackingSettings, 'trackCategorizedItems'>,
): Decision['marks'] {
  const add: Mark[] = tracked && settings.trackCategorizedItems && !message.trackedCategory ? ['tracked'] : []
  const remove: Mark[] = tracked && message.undeliverableCategory ? ['undeliverable'] : []
  return { add, remove }
}

/** What a person did with the tracked category since the item was last seen (T-94). */
export function categoryChange(
  message: Pick<Message, 'trackedCategory'>,
  copy: Pick<KnownCopy, 'trackedCategory'> | undefined,
): 'assigned' | 'removed' | 'unchanged' {
  const before = copy?.trackedCategory ?? false
  if (message.trackedCategory === before) return 'unchanged'
  return message.trackedCategory ? 'assigned' : 'removed'
}

/**
 * Why a message found in a cycle is looked at: its category, else the mapping of its folder, else automatically (T-5,
 * T-94, FT-20). The category speaks only while the organization tracks by it.
 */
export function triggerOf(
  message: Message,
  copy: KnownCopy | undefined,
  mapping: Extract<Trigger, { kind: 'folder' }>['mapping'] | undefined,
  settings: Pick<TrackingSettings, 'trackCategorizedItems' | 'useFolderTracking'>,
): Trigger {
  if (settings.trackCategorizedItems && categoryChange(message, copy) === 'assigned') return { kind: 'category' }
  if (mapping && settings.useFolderTracking) return { kind: 'folder', mapping }
  return { kind: 'automatic' }
}

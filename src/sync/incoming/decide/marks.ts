import type { Decision, Mark, Message, TrackingSettings } from '../model.ts'

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

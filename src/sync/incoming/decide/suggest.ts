import type { Decision, Knowledge, Message } from '../model.ts'
import { resembling } from './correlate.ts'

/**
 * What a message might regard, found by smart matching while that is switched off for correlation (B-51). A person may
 * take it with one click.
 */
export function suggest(message: Message, knowledge: Knowledge): Pick<Decision, 'suggestion'> {
  if (knowledge.settings.useSmartMatching) return {}
  const email = resembling(message, knowledge)
  if (!email?.regarding) return {}
  const because = 'Its subject and its people are those of an email that is tracked'
  return { suggestion: { regarding: email.regarding, emailId: email.id, because } }
}

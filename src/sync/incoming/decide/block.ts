import type { BlockRule, Knowledge, Message } from '../model.ts'
import { addressKey, recipientsOf } from './addresses.ts'
import type { Verdict } from './itemChecks.ts'
import { step } from './trace.ts'

/**
 * Blocklists, on headers only (B-80). A blocked message is not tracked by anybody's wish in this mailbox; the trace
 * names the rule, never what it matched.
 */
export function checkBlocked(message: Message, knowledge: Knowledge): Verdict {
  const rule = ruleAgainst(knowledge.blockRules, message)
  if (!rule) return { trace: [] }
  const { id, scope, kind } = rule
  const whose = scope === 'organization' ? 'of the organization' : 'of the mailbox owner'
  return {
    stop: { outcome: 'notTracked', reason: 'Blocked' },
    trace: [step('B-80', 'hit', `A blocklist ${whose} forbids it`, { rule: id, scope, kind })],
  }
}

/** Whether a blocklist forbids mail that arrived (B-80). */
export function blockedBy(rules: readonly BlockRule[], headers: Message['headers']): boolean {
  return ruleAgainst(rules, { headers, direction: 'incoming' }) !== undefined
}

type Blockable = Pick<Message, 'headers' | 'direction'>

function ruleAgainst(rules: readonly BlockRule[], message: Blockable): BlockRule | undefined {
  return rules.find((rule) => blocks(rule, message))
}

/** Whether one rule of a blocklist forbids the message. */
function blocks(rule: BlockRule, message: Blockable): boolean {
  const pattern = rule.pattern.trim().toLowerCase()
  if (!pattern) return false
  switch (rule.kind) {
    case 'address':
      return correspondents(message).includes(pattern)
    case 'domain':
      return correspondents(message).some((address) => isOfDomain(address, pattern.replace(/^@|^\*\./, '')))
    case 'subject':
      return matchesPattern(message.headers.subject.toLowerCase(), pattern)
    case 'sensitivity':
      return pattern.split(/[\s,;]+/).includes(message.headers.sensitivity)
  }
}

/** The other side: who sent it, or, for sent mail, who gets it. */
function correspondents(message: Blockable): string[] {
  const { headers } = message
  if (message.direction === 'outgoing') return recipientsOf(headers).map((recipient) => recipient.key)
  return [...headers.from, ...headers.sender].map((sender) => addressKey(sender.address))
}

/** The domain itself or one below it. */
function isOfDomain(address: string, domain: string): boolean {
  const own = address.slice(address.lastIndexOf('@') + 1)
  return own === domain || own.endsWith(`.${domain}`)
}

/** The text contains the pattern, in which `*` stands for anything. Linear: each piece is searched after the one before. */
function matchesPattern(text: string, pattern: string): boolean {
  let from = 0
  for (const piece of pattern.split('*')) {
    const at = text.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return true
}

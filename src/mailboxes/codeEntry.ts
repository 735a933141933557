export type AlertLevel = 'information' | 'warning' | 'error'
export type AlertScope = 'email' | 'mailbox' | 'profile' | 'webhook'

/** What a code means to people, and what it does to the mailbox (MO §2). */
export interface CodeEntry {
  code: string
  level: AlertLevel
  scope: AlertScope
  /** `permanent` disables the direction at once; `transient` is retried; `none` is a fact. */
  class: 'permanent' | 'transient' | 'item' | 'none'
  title: string
  cause: string
  remedy: string
}

export const entry = (
  code: string,
  level: AlertLevel,
  scope: AlertScope,
  kind: CodeEntry['class'],
  title: string,
  cause: string,
  remedy: string,
): CodeEntry => ({ code, level, scope, class: kind, title, cause, remedy })

import type { Principal } from '#records'
import type { Regarding } from '#sync'
import type { Command } from './command.ts'

/** What a command works on: an open installation, as somebody. */
export interface Context {
  regarding: Regarding
  /** SYSTEM for whoever may open the installation's directory or database; `--as` names a user instead. */
  principal: Principal
}

export type RegardingCommand = Command<Context>

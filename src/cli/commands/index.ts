import type { RegardingCommand } from '../context.ts'
import { accessCommands } from './access.ts'
import { actCommands } from './acts.ts'
import { auditCommands } from './audit.ts'
import { emailCommands } from './email.ts'
import { eraseCommand } from './erase.ts'
import { explainCommands } from './explain.ts'
import { filterCommands } from './filter.ts'
import { itemCommands } from './items.ts'
import { logCommands } from './log.ts'
import { mailboxCommands } from './mailbox.ts'
import { optionsCommands } from './options.ts'
import { peopleCommands } from './people.ts'
import { profileCommands } from './profile.ts'
import { recordsCommands } from './records.ts'
import { searchCommand } from './search.ts'
import { syncCommands } from './sync.ts'
import { syncFieldCommands } from './syncFields.ts'
import { visibilityCommand } from './visibility.ts'
import { webhookCommands } from './webhook.ts'

/** Commands that work on an open installation, here or in the process that owns it. */
export const commands: readonly RegardingCommand[] = [
  ...mailboxCommands,
  ...logCommands,
  ...profileCommands,
  ...peopleCommands,
  ...accessCommands,
  ...syncCommands,
  ...explainCommands,
  ...actCommands,
  ...itemCommands,
  ...emailCommands,
  ...auditCommands,
  eraseCommand,
  ...recordsCommands,
  visibilityCommand,
  ...optionsCommands,
  ...syncFieldCommands,
  searchCommand,
  ...filterCommands,
  ...webhookCommands,
]

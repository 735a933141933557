import { accessOperations } from './access.ts'
import { actOperations } from './acts.ts'
import { alertOperations } from './alerts.ts'
import { auditOperations } from './audit.ts'
import { blocklistOperations } from './blocklist.ts'
import { closingOperations } from './closing.ts'
import { customizationOperations } from './customization.ts'
import { duplicateOperations } from './duplicates.ts'
import { explainOperations } from './explain.ts'
import { filterOperations } from './filters.ts'
import { folderOperations } from './folders.ts'
import { itemOperations } from './items.ts'
import { mailboxOperations } from './mailboxes.ts'
import type { Operation } from './operation.ts'
import { optionOperations } from './options.ts'
import { privacyOperations } from './privacy.ts'
import { qualifyLead } from './qualify.ts'
import { recurrenceOperations } from './recurrence.ts'
import { searchOperations } from './search.ts'
import { sendingOperations } from './sending.ts'
import { sharingOperations } from './sharing.ts'
import { statusOperations } from './status.ts'
import { syncFieldOperations } from './syncFields.ts'
import { visibilityOperations } from './visibility.ts'
import { webhookOperations } from './webhooks.ts'
import { whoAmI } from './whoAmI.ts'

/** Every action and function of the Web API. */
export const operations: readonly Operation[] = [
  whoAmI,
  ...actOperations,
  ...explainOperations,
  ...itemOperations,
  ...mailboxOperations,
  ...statusOperations,
  ...folderOperations,
  ...optionOperations,
  ...syncFieldOperations,
  ...filterOperations,
  ...duplicateOperations,
  ...blocklistOperations,
  ...auditOperations,
  ...privacyOperations,
  ...visibilityOperations,
  ...alertOperations,
  ...closingOperations,
  qualifyLead,
  ...recurrenceOperations,
  ...searchOperations,
  ...sendingOperations,
  ...sharingOperations,
  ...customizationOperations,
  ...webhookOperations,
  ...accessOperations,
]

const byName = new Map(operations.map((operation) => [operation.name, operation]))

export function findOperation(name: string): Operation | undefined {
  return byName.get(name.replace(/^Microsoft\.Dynamics\.CRM\./, ''))
}

import { activitymimeattachment, activityparty, activitypointer, annotation, queueitem } from './activity.ts'
import { audit } from './audit.ts'
import { appointment, recurringappointmentmaster, serviceappointment } from './calendar.ts'
import { incidentresolution, opportunityclose } from './closing.ts'
import { account, contact, lead } from './customers.ts'
import type { TableDefinition } from './definition.ts'
import { asyncoperation, duplicaterecord, duplicaterule, duplicaterulecondition } from './duplicates.ts'
import { email } from './email.ts'
import {
  businessunit,
  equipment,
  queue,
  role,
  roleprivileges,
  systemuser,
  systemuserroles,
  team,
  teammembership,
  teamroles,
} from './organization.ts'
import { incident, opportunity } from './sales.ts'
import {
  fieldpermission,
  fieldsecurityprofile,
  principalobjectaccess,
  systemuserprofiles,
  teamprofiles,
} from './security.ts'
import { fax, letter, phonecall, task } from './todo.ts'

/** The tables of every installation. */
export const standardTables: readonly TableDefinition[] = [
  businessunit,
  systemuser,
  team,
  teammembership,
  role,
  roleprivileges,
  systemuserroles,
  teamroles,
  fieldsecurityprofile,
  fieldpermission,
  systemuserprofiles,
  teamprofiles,
  principalobjectaccess,
  queue,
  equipment,
  account,
  contact,
  lead,
  opportunity,
  incident,
  email,
  appointment,
  recurringappointmentmaster,
  serviceappointment,
  task,
  phonecall,
  letter,
  fax,
  opportunityclose,
  incidentresolution,
  activityparty,
  activitymimeattachment,
  annotation,
  queueitem,
  audit,
  duplicaterule,
  duplicaterulecondition,
  asyncoperation,
  duplicaterecord,
  activitypointer,
]

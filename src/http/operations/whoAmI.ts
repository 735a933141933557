import { z } from 'zod'
import { id } from '../fields.ts'
import { operation } from './operation.ts'

export const whoAmI = operation({
  name: 'WhoAmI',
  kind: 'function',
  says: 'The user that the request is made as, with business unit and organization.',
  input: z.strictObject({}),
  output: z.object({ UserId: id, BusinessUnitId: id, OrganizationId: id }),
  async run({ regarding, userId, principal }) {
    const { businessUnitId } = await regarding.records.securityOf(principal)
    const { organizationId } = await regarding.options.organization()
    return { UserId: userId, BusinessUnitId: businessUnitId, OrganizationId: organizationId }
  },
})

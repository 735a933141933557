import { DEPTH, type Scope } from './context.ts'

/** The privilege to manage other users' synchronization filters (SF-57). */
const MANAGE_FILTERS = 'prvadminfilter'
const VERBS = ['create', 'read', 'write', 'delete', 'append', 'appendto', 'assign', 'share']

/**
 * SF-57: who manages filters reaches everybody's saved queries; nobody else reaches those of others by a role, however
 * deep it goes. What was shared stays shared.
 */
export function withFilterPrivilege(scopes: Map<string, Scope>): Map<string, Scope> {
  const manages = scopes.has(MANAGE_FILTERS)
  for (const name of VERBS.map((verb) => `prv${verb}userquery`)) {
    const held = scopes.get(name)
    if (held || manages) {
      const depth = manages ? DEPTH.organization : DEPTH.user
      scopes.set(name, { depth, organization: manages, businessUnits: [], owners: held?.owners ?? [] })
    }
  }
  return scopes
}

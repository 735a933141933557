/** The versions of the schema we ask for, newest first: a server refuses those that are newer than itself. */
export const VERSIONS = [
  'Exchange2013_SP1',
  'Exchange2013',
  'Exchange2010_SP2',
  'Exchange2010_SP1',
  'Exchange2007_SP1',
] as const

export type SchemaVersion = (typeof VERSIONS)[number]

/** Whether `version` knows what came with `since`. */
export function atLeast(version: SchemaVersion, since: SchemaVersion): boolean {
  return VERSIONS.indexOf(version) <= VERSIONS.indexOf(since)
}

/** The next older version, if there is one. */
export function olderThan(version: SchemaVersion): SchemaVersion | undefined {
  return VERSIONS[VERSIONS.indexOf(version) + 1]
}

/** What a world's server says it is. */
export type ServerVersion = 'Exchange2010' | 'Exchange2013' | 'Exchange2016' | 'Exchange2019' | 'ExchangeSE'

/** What ServerVersionInfo says; a build of each that Microsoft published. */
export const VERSIONS: Readonly<
  Record<ServerVersion, { major: number; minor: number; build: number; revision: number; name: string }>
> = {
  Exchange2010: { major: 14, minor: 3, build: 513, revision: 0, name: 'Exchange2010_SP2' },
  Exchange2013: { major: 15, minor: 0, build: 1497, revision: 48, name: 'V2_23' },
  Exchange2016: { major: 15, minor: 1, build: 2507, revision: 39, name: 'V2017_07_11' },
  Exchange2019: { major: 15, minor: 2, build: 1544, revision: 11, name: 'V2017_07_11' },
  ExchangeSE: { major: 15, minor: 2, build: 2562, revision: 17, name: 'V2017_07_11' },
}

/** RequestServerVersion, each with the first server that knows it. */
const SCHEMAS: Readonly<Record<string, ServerVersion>> = {
  Exchange2007: 'Exchange2010',
  Exchange2007_SP1: 'Exchange2010',
  Exchange2010: 'Exchange2010',
  Exchange2010_SP1: 'Exchange2010',
  Exchange2010_SP2: 'Exchange2010',
  Exchange2013: 'Exchange2013',
  Exchange2013_SP1: 'Exchange2013',
  Exchange2015: 'Exchange2016',
  Exchange2016: 'Exchange2016',
  V2015_10_05: 'Exchange2016',
  V2016_01_06: 'Exchange2016',
  V2016_04_13: 'Exchange2016',
  V2016_07_13: 'Exchange2016',
  V2016_10_10: 'Exchange2016',
  V2017_01_07: 'Exchange2016',
  V2017_04_14: 'Exchange2016',
  V2017_07_11: 'Exchange2016',
}

const ORDER: readonly ServerVersion[] = ['Exchange2010', 'Exchange2013', 'Exchange2016', 'Exchange2019', 'ExchangeSE']

/** Whether the server knows the version of the schema that a client asks for. */
export function supports(server: ServerVersion, requested: string): boolean {
  const needed = SCHEMAS[requested]
  return needed !== undefined && ORDER.indexOf(server) >= ORDER.indexOf(needed)
}

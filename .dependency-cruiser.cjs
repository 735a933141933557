// The floors of the house (ARCHITECTURE.md): a room imports only faces, and only of lower floors.
const floors = [
  ['time', 'text', 'mime', 'calendar', 'database'],
  ['records', 'mailbox'],
  ['mailboxes', 'options'],
  ['sync/schedule', 'sync/incoming'],
  ['sync/outgoing', 'sync/items'],
  ['sync'],
  ['sandbox'],
  ['demo'],
  ['http'],
  ['cli'],
]

const rooms = floors.flat()
const pathOf = (room) => (room === 'sync' ? '^src/sync/[^/]+$' : `^src/${room}/`)

const upward = floors.slice(0, -1).flatMap((floor, level) =>
  floor.map((room) => ({
    name: `${room.replace('/', '-')}-looks-down-only`,
    comment: 'Imports go downward only.',
    severity: 'error',
    from: { path: pathOf(room) },
    to: { path: floors.slice(level + 1).flat().map(pathOf) },
  })),
)

const facesOnly = rooms
  .filter((room) => room !== 'sync')
  .map((room) => ({
    name: `${room.replace('/', '-')}-through-its-face`,
    comment: 'Other rooms see only index.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: pathOf(room) },
    to: { path: pathOf(room), pathNot: `^src/${room}/index\\.ts$` },
  }))

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '(index|main|worker)\\.ts$' }, to: {} },
    { name: 'source-never-imports-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench|scripts)/' } },
    {
      name: 'connectors-never-touch-the-database',
      severity: 'error',
      from: { path: '^src/mailbox/' },
      to: { path: '^src/(database|records)/' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'The sandbox judges the connectors: it shares no knowledge of mail systems with them.',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/', pathNot: '^src/(sandbox|time|text|mime)/' },
    },
    {
      name: 'deciding-is-pure',
      comment: 'Decisions read values and return values.',
      severity: 'error',
      from: { path: '^src/sync/incoming/decide/' },
      to: { path: '^(node:|fs|net|src/database/|src/mailbox/(?!index))', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      // A package of types alone has nothing that could be resolved at run time.
      to: { couldNotResolve: true, pathNot: '^@microsoft/microsoft-graph-types$' },
    },
    ...upward,
    ...facesOnly,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'] },
  },
}

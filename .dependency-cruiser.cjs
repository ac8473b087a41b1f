/**
 * The boundaries of style.md section 2 as one table: what each library may import besides `kernel`.
 * Read by `npm run lint` and by `npm run graph`.
 */
const PLATFORM = ['config', 'database', 'storage', 'jobs', 'graphql', 'keys'];

const MAY_IMPORT = {
  kernel: [],
  formats: [],
  standards: ['formats'],
  config: [],
  database: ['config'],
  storage: ['config'],
  jobs: ['config', 'database'],
  embedded: ['config'],
  graphql: ['config'],
  keys: [],
  cages: ['formats'],
  client: [],
  audit: PLATFORM,
  identity: [...PLATFORM, 'audit'],
  catalog: [...PLATFORM, 'cages', 'audit', 'identity', 'formats', 'standards'],
  metering: [...PLATFORM, 'audit', 'identity'],
  licensing: [...PLATFORM, 'audit', 'identity', 'catalog'],
  previews: [...PLATFORM, 'cages', 'audit', 'identity', 'catalog', 'formats'],
  renditions: [...PLATFORM, 'cages', 'audit', 'identity', 'catalog', 'formats'],
  billing: [...PLATFORM, 'audit', 'identity', 'catalog', 'metering', 'licensing'],
  delivery: [...PLATFORM, 'audit', 'identity', 'catalog', 'metering', 'licensing', 'renditions'],
  desk: [...PLATFORM, 'audit', 'identity', 'catalog', 'metering', 'licensing', 'delivery'],
};

const anyOf = (names) => `^libs/(${names.join('|')})/`;

const walls = Object.entries(MAY_IMPORT).map(([library, allowed]) => ({
  name: `${library}-imports-down`,
  comment: `${library} may import kernel${allowed.length ? `, ${allowed.join(', ')}` : ' only'}.`,
  severity: 'error',
  from: { path: `^libs/${library}/` },
  to: { path: '^(libs|apps)/', pathNot: anyOf([library, 'kernel', ...allowed]) },
}));

module.exports = {
  forbidden: [
    ...walls,
    {
      name: 'known-library',
      comment: 'A new library gets a row in the table above.',
      severity: 'error',
      from: { path: '^libs/', pathNot: anyOf(Object.keys(MAY_IMPORT)) },
      to: {},
    },
    {
      name: 'one-door',
      comment: 'Another library is entered by its index.ts only. Tests and benches may look inside.',
      severity: 'error',
      from: { path: '^(libs/([^/]+)|apps|scripts)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'not-its-own-door',
      comment: 'Inside a library, paths are relative.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/', pathNot: '/index\\.ts$' },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },
    {
      name: 'cli-talks-to-the-api-only',
      severity: 'error',
      from: { path: '^apps/cli/' },
      to: { path: '^(libs|apps)/', pathNot: ['^apps/cli/', anyOf(['client', 'formats', 'standards', 'kernel'])] },
    },
    {
      name: 'processes-do-not-know-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'pure-libraries',
      comment: 'kernel, formats and standards know no framework, no database, no network.',
      severity: 'error',
      from: { path: '^libs/(kernel|formats|standards)/', pathNot: '\\.spec\\.ts$' },
      to: { path: 'node_modules/(@nestjs|typeorm|pg|@aws-sdk|fastify)|^(fs|net|http|https|child_process)' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-test-in-product',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/|\\.spec\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules|\\.bodega)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      conditionNames: ['import', 'node', 'default'],
    },
    reporterOptions: {
      archi: { collapsePattern: '^(libs|apps)/[^/]+' },
      dot: { collapsePattern: '^(libs|apps)/[^/]+' },
    },
  },
};

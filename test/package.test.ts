/*
  What a user installs: few packages in exact versions, entries with their types, and no file that is not needed.
*/
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { needlessFiles, pack } from '../scripts/package-contents.js'
import { sbomName, sbomText } from '../scripts/sbom.js'
import { root } from './helpers/checkout.js'

interface Manifest {
  type: string
  engines: { node: string }
  bin: Record<string, string>
  scripts: Record<string, string>
  exports: Record<string, string | Record<string, string>>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

interface LockedPackage {
  version: string
  license?: string
  dev?: boolean
  devOptional?: boolean
  hasInstallScript?: boolean
  optionalDependencies?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const readJson = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(new URL(name, root), 'utf8')) as T

const manifest = await readJson<Manifest>('package.json')
const lock = await readJson<{ packages: Record<string, LockedPackage> }>('package-lock.json')
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')

t.test('the packages needed at run time are these and no others', async t => {
  t.strictSame(Object.keys(manifest.dependencies).sort(), [
    'cli-progress',
    'commander',
    'csv-parse',
    'ws',
    'zstddec',
  ])
  const atRunTime = installed.filter(([, entry]) => entry.dev !== true && !entry.devOptional)
  t.ok(atRunTime.length <= 12, `${atRunTime.length} packages come along`)
  const permissive = /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0)$/
  const others = atRunTime.filter(
    ([, entry]) => !(entry.license ?? '').split(' AND ').every(each => permissive.test(each)),
  )
  t.strictSame(others, [], 'all under permissive licences')
})

t.test('versions are exact, and the lock file agrees with them', async t => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  const ranges = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
  t.strictSame(ranges, [])
  const { dependencies, devDependencies } = lock.packages[''] ?? {}
  t.strictSame({ ...dependencies, ...devDependencies }, all)
})

t.test('npm start and npm test make a fresh clone ready by themselves', async t => {
  t.equal(manifest.scripts['prestart'], 'node scripts/prepare-checkout.js')
  // The official client is for tests and comparisons alone.
  const prepared = 'node scripts/prepare-checkout.js --tools test/oracle'
  t.equal(manifest.scripts['prebench'], prepared)
  t.equal(manifest.scripts['pretest'], `${prepared} && node scripts/transpile.js`)
  t.equal(manifest.scripts['pretest:deep'], 'npm run --silent pretest')
  // Both leave the fingerprint that says what dist/ was compiled from.
  t.equal(manifest.scripts['build'], 'node scripts/build.js')
  t.equal(manifest.scripts['prepare'], 'node scripts/build.js --if-needed')
})

t.test('the lock file names the builds of a package for every platform', async t => {
  // `npm install` leaves out those it cannot find, without a word; `npm ci` then refuses the whole file.
  const missing = installed.flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter(name => !(`node_modules/${name}` in lock.packages))
      .filter(name => !(`${path}/node_modules/${name}` in lock.packages)),
  )
  t.strictSame(missing, [])
})

t.test('no package runs a script when it is installed', async t => {
  // scripts/prepare-checkout.js installs with --ignore-scripts: a package that relied on one would be broken. That of
  // esbuild fetches its binary where npm was told to leave out optional packages.
  t.strictSame(
    installed.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => path),
    ['node_modules/esbuild'],
  )
})

t.test('the package is an ES module with types first in every entry', async t => {
  t.equal(manifest.type, 'module')
  t.equal(manifest.engines.node, '>=20.19')
  t.strictSame(Object.keys(manifest.exports), ['.', './server', './package.json'])
  for (const [entry, conditions] of Object.entries(manifest.exports)) {
    if (typeof conditions === 'string') continue
    t.strictSame(Object.keys(conditions), ['types', 'default'], entry)
  }
})

t.test('the tarball holds what a user needs and nothing else', async t => {
  const paths = pack(fileURLToPath(root)).files.map(file => file.path)
  t.strictSame(needlessFiles(paths), [])
  const entries = Object.values(manifest.exports).flatMap(entry =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  const promised = [...entries, ...Object.values(manifest.bin), 'LICENSE', 'fixtures/README.md']
  for (const path of promised) {
    t.ok(paths.includes(path.replace(/^\.\//, '')), `${path} is packed (npm test compiles it)`)
  }
})

interface Sbom {
  bomFormat: string
  metadata: { component: { name: string; version: string } }
  components: { name: string; version: string; hashes: unknown[]; licenses: unknown[] }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

t.test('the tarball lists the packages that come along, and nothing of this machine', async t => {
  t.equal(manifest.scripts['prepack'], 'node scripts/sbom.js')
  t.notOk(needlessFiles([sbomName]).length)
  const text = sbomText(fileURLToPath(root))
  t.equal(sbomText(fileURLToPath(root)), text, 'made twice, it is the same')
  const { bomFormat, metadata, components, dependencies } = JSON.parse(text) as Sbom
  t.equal(bomFormat, 'CycloneDX')
  t.equal(metadata.component.name, 'ddb-ingest')
  const atRunTime = installed
    .filter(([, entry]) => entry.dev !== true && !entry.devOptional)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)
  t.strictSame(components.map(one => `${one.name}@${one.version}`).sort(), atRunTime.sort())
  for (const one of components) t.ok(one.hashes.length > 0 && one.licenses.length > 0, one.name)
  t.equal(dependencies.length, components.length + 1)
  t.notMatch(text, /timestamp|serialNumber|"tools"|\.tgz|20\d\d-\d\d-\d\dT/)
})

t.test('a file that no user needs is recognised', async t => {
  const needless = [
    'dist/load/plan.js.map',
    'dist/load/plan.test.js',
    'dist/.program',
    'dist/cli/dispatch.cache',
    'src/index.ts',
    'test/package.test.ts',
    'fixtures/wire/table.bin',
    'scripts/build.js',
    '.taprc',
  ]
  t.strictSame(needlessFiles(needless), needless)
  const needed = [
    'dist/index.js',
    'dist/chunks/open-csv-KREPHM3S.js',
    'dist/server/script/lexer.d.ts',
    'bin/ddb-ingest.js',
    'bin/program.js',
  ]
  t.strictSame(needlessFiles(needed), [])
})

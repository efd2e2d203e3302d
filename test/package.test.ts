/* The package that a user installs: few dependencies in exact versions, entries with their types, and no unnecessary file. */
import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runNpm, sbomName, sbomText } from '../scripts/npm.js'
import { makeDeclarations, root } from './helpers/checkout.js'
import { linksOf, readPage } from './helpers/pages.js'
import { deepTest } from './helpers/runs.js'

interface Manifest {
  type: string
  engines: { node: string }
  bin: Record<string, string>
  man: string[]
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

/** Files that users of the package need: program, library with types, documentation, and the inputs of the demo. */
const needed = [
  /^package\.json$/,
  /^sbom\.cdx\.json$/,
  /^(LICENSE|llms\.txt|CHANGELOG\.md|README\.md|README\.zh-CN\.md|SECURITY\.md)$/,
  /^bin\/((ddb-ingest|program)\.js|package\.json)$/,
  /^dist\/(script\/main|(server\/)?index)\.js$/,
  /^dist\/script\/licenses\.txt$/,
  /^dist\/(server\/)?index\.d\.ts$/,
  /^docs\/(zh\/)?(?!(architecture|protocol|server-semantics|reliability)\.md)[A-Za-z0-9-]+\.md$/,
  /^docs\/(bench\.svg|(zh\/)?help\.json)$/,
  /^man\/ddb-ingest\.1$/,
  /^examples\/[a-z-]+\.js$/,
  /^fixtures\/README\.md$/,
  /^fixtures\/(csv|json|scripts)\/[a-z0-9-]+\.(csv|json|ndjson|dos)$/,
]

/** Size limit of the tarball, which every installation downloads. */
const mostBytes = 700_000

const needlessFiles = (paths: readonly string[]): string[] =>
  paths.filter(path => !needed.some(pattern => pattern.test(path)))

const readJson = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(new URL(name, root), 'utf8')) as T

const manifest = await readJson<Manifest>('package.json')
const lock = await readJson<{ packages: Record<string, LockedPackage> }>('package-lock.json')
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')

t.test('the packages needed at run time are exactly these', async t => {
  const needed = 'cli-progress commander csv-parse get-east-asian-width ws yauzl zstddec'
  t.strictSame(Object.keys(manifest.dependencies).sort(), needed.split(' '))
  const atRunTime = installed.filter(([, entry]) => entry.dev !== true && !entry.devOptional)
  t.ok(atRunTime.length <= 13, `${atRunTime.length} packages are installed`)
  const permissive = /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0)$/
  const others = atRunTime.filter(
    ([, entry]) => !(entry.license ?? '').split(' AND ').every(each => permissive.test(each)),
  )
  t.strictSame(others, [], 'all under permissive licences')
})

t.test('versions are exact and agree with the lock file', async t => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  const exact = /^(npm:@rollup\/wasm-node@)?\d+\.\d+\.\d+$/
  const ranges = Object.entries(all).filter(([, version]) => !exact.test(version))
  t.strictSame(ranges, [])
  const { dependencies, devDependencies } = lock.packages[''] ?? {}
  t.strictSame({ ...dependencies, ...devDependencies }, all)
})

t.test('the lock file names the builds of a package for every platform', async t => {
  // If `npm install` does not find a build, it silently omits the build from the lock file. `npm ci` then refuses the
  // lock file.
  const missing = installed.flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter(name => !(`node_modules/${name}` in lock.packages))
      .filter(name => !(`${path}/node_modules/${name}` in lock.packages)),
  )
  t.strictSame(missing, [])
})

t.test('no package runs a script when it is installed', async t => {
  // scripts/prepare-checkout.js installs with --ignore-scripts, so a package that needs its install script would not
  // work. esbuild needs its script only if npm was told to omit optional packages; rollup works without fsevents.
  t.strictSame(
    installed.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => path),
    ['node_modules/esbuild'],
  )
})

t.test('npm links the manual page', async t => {
  t.strictSame(manifest.man, ['man/ddb-ingest.1'], 'npm 11 ignores a plain string')
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

interface Packed {
  /** Bytes of the tarball. */
  readonly size: number
  readonly files: readonly { path: string }[]
}

deepTest(t, 'the tarball contains what a user needs and nothing else', async t => {
  makeDeclarations()
  const options = ['--json', '--ignore-scripts', '--dry-run']
  const [{ files, size }] = runNpm(fileURLToPath(root), 'pack', ...options) as [Packed]
  t.ok(size <= mostBytes, `${size} bytes`)
  const paths = files.map(file => file.path)
  t.strictSame(needlessFiles(paths), [])
  const entries = Object.values(manifest.exports).flatMap(entry =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  const promised = [...entries, ...Object.values(manifest.bin), 'LICENSE', 'fixtures/README.md']
  for (const path of promised) {
    t.ok(paths.includes(path.replace(/^\.\//, '')), `${path} is packed (npm test compiles it)`)
  }
  const packed = new Set(paths.map(path => posix.join('/', path)))
  const folders = new Set([...packed].map(path => `${posix.dirname(path)}/`))
  const pages = await Promise.all(paths.filter(path => path.endsWith('.md')).map(readPage))
  const lost = pages.flatMap(page =>
    linksOf(page)
      .map(link => link.replace(/#.*$/, ''))
      .filter(link => link !== '' && !/^https?:/.test(link))
      .map(link => posix.join('/', posix.dirname(page.path), link))
      .filter(path => !packed.has(path) && !(path.endsWith('/') && folders.has(path)))
      .map(path => `${page.path} -> ${path}`),
  )
  t.strictSame(lost, [], 'pages link only to packed files')
})

deepTest(t, 'the values in the declarations exist at run time', async t => {
  makeDeclarations()
  for (const entry of ['index', 'server/index']) {
    const there = Object.keys((await import(new URL(`dist/${entry}.js`, root).href)) as object)
    const text = await readFile(new URL(`dist/${entry}.d.ts`, root), 'utf8')
    const [, names = ''] = /^export \{ (.*) \};$/m.exec(text) ?? []
    const values = names.split(', ').filter(name => !name.startsWith('type '))
    const missing = values.filter(name => !there.includes(name))
    t.strictSame(missing, [], entry)
    t.ok(values.length >= 2, 'values are found')
    t.notMatch(text, /from '\./, 'it is one file')
  }
})

interface Sbom {
  bomFormat: string
  metadata: { component: { name: string; version: string } }
  components: { name: string; version: string; hashes: unknown[]; licenses: unknown[] }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

deepTest(t, 'the tarball lists packages installed with it, nothing of this machine', async t => {
  t.notOk(needlessFiles([sbomName]).length)
  const text = sbomText(fileURLToPath(root))
  t.equal(sbomText(fileURLToPath(root)), text, 'a second build is the same')
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

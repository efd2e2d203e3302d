/*
  Packs the checkout, installs the tarball into an empty folder, and uses it there like a user: the version, the library's two entries
  by import and by require, their types, every example, and a load into the embedded server. Run as
  `node scripts/check-tarball.js FOLDER`; the FOLDER must not exist yet, and everything happens inside it.
*/
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkTypes, mostBytes, needlessFiles, pack } from './package-contents.js'
import { sbomName, sbomText, writeSbom } from './sbom.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = resolve(process.argv[2])
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function run(command, ...options) {
  console.log(`$ ${[command, ...options].join(' ')}`)
  return execFileSync(command, options, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  })
}

mkdirSync(folder)
writeSbom(root)
const packed = pack(root, folder)
const paths = packed.files.map(file => file.path)
console.log(
  `${packed.filename}: ${paths.length} files, ${packed.size} bytes, unpacked ${packed.unpackedSize}`,
)
assert.deepEqual(needlessFiles(paths), [], 'the package holds files that no user needs')
assert.ok(paths.includes('dist/cli/main.js'), 'the package holds no compiled command line')
assert.ok(packed.size <= mostBytes, `the package may have ${mostBytes} bytes`)

writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', join(folder, packed.filename))

const program = join(folder, 'node_modules', '.bin', 'ddb-ingest')
const installed = join(folder, 'node_modules', 'ddb-ingest')
assert.equal(run(program, '--version').trim(), version)
assert.equal(readFileSync(join(installed, sbomName), 'utf8'), sbomText(root))

const entries = `
  import { load, connect } from 'ddb-ingest'
  import { startServer } from 'ddb-ingest/server'
  console.log(typeof load, typeof connect, typeof startServer)`
assert.equal(
  run(process.execPath, '--input-type=module', '-e', entries).trim(),
  'function function function',
)

const required = `
  const { load, connect } = require('ddb-ingest')
  const { startServer } = require('ddb-ingest/server')
  console.log(typeof load, typeof connect, typeof startServer)`
const quiet = ['--no-warnings', '--input-type=commonjs', '-e', required]
assert.equal(run(process.execPath, ...quiet).trim(), 'function function function')

checkTypes(folder)

// The table of examples contains the output of each example. test/guide/examples.test.ts compares that output in the checkout.
const table = readFileSync(join(installed, 'docs', 'seeds.md'), 'utf8')
const examples = readdirSync(join(installed, 'examples'))
for (const name of examples) {
  const printed = run(process.execPath, join(installed, 'examples', name))
  assert.ok(table.includes(`### ${name}\n\n\`\`\`text\n${printed}\`\`\``), `${name}: ${printed}`)
}
assert.ok(examples.length > 10, 'the examples are there')

const source = join(installed, 'fixtures', 'csv', 'trades.csv')
const script = join(installed, 'fixtures', 'scripts', 'trades.dos')
const load = [program, 'load', source, '--table', 'trades', '--json']
const result = run(program, 'serve', '--port', '0', '--init', script, '--', ...load)
const { rows } = JSON.parse(result.trim().split('\n').at(-1))
assert.equal(rows.confirmed, 1000)
assert.equal(rows.read, 1000)
console.log(`loaded and confirmed ${rows.confirmed} rows with the installed package`)

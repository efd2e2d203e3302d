/*
  npm run test:threads [-- FILE...]: runs the tests of readers and loads with one, two and five threads. The tests of
  loads also run over four connections, with threads and connections together, and from members of zip archives.
  other-defaults.js changes these settings, except in tests that ask for one thread or connection. Prints "N passed, N
  failed" at the end, and exits with 1 if anything failed.
*/
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rooms = ['inputs', 'one-process', 'runs', 'connections']
const loads = rooms.map(name => `test/end-to-end/${name}/room.test.ts`)
const readers = ['parse', 'infer', 'load'].map(name => `test/${name}/room.test.ts`)
const given = process.argv.slice(2)

const ways = [
  [{ TEST_THREADS: '1' }, [...readers, ...loads]],
  [{ TEST_THREADS: '2' }, [...readers, ...loads]],
  [{ TEST_THREADS: '5' }, [...readers, ...loads]],
  [{ TEST_CONNECTIONS: '4' }, loads],
  [{ TEST_THREADS: '5', TEST_CONNECTIONS: '4' }, loads],
  // Tests of readers need plain files, so they do not run from archives.
  [{ TEST_ZIPPED: '1' }, loads],
]

const tap = createRequire(import.meta.url)
  .resolve('tap/package.json')
  .replace('package.json', 'dist/esm/run.mjs')
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ddb-ingest-threads-'))
let passed = 0
let failed = 0
try {
  for (const [environment, files] of ways) {
    const name = Object.entries(environment)
      .map(pair => pair.join('='))
      .join(' ')
    const output = join(folder, 'output.tap')
    const { status } = spawnSync(
      process.execPath,
      [
        tap,
        ...['--disable-coverage', '--timeout=7200', '--jobs=2', '--reporter=silent'],
        `--output-file=${output}`,
        // other-defaults.js comes first, because it must change the sources before they are compiled.
        '--node-arg=--import=./test/helpers/other-defaults.js',
        '--node-arg=--import=./scripts/typescript-loader.js',
        ...(given.length > 0 ? given : files),
      ],
      { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } },
    )
    const text = readFileSync(output, 'utf8')
    const counted = counts(text)
    // A crash or a timeout is a failure even if no assertion failed.
    if (status !== 0 || counted.passed === 0) counted.failed = Math.max(1, counted.failed)
    for (const [reason] of text.matchAll(/^ +not ok .*(?:\n.*){0,25}/gm)) console.log(reason)
    console.log(`${name}: ${counted.passed} passed, ${counted.failed} failed`)
    passed += counted.passed
    failed += counted.failed
  }
} finally {
  rmSync(folder, { recursive: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** tap ends its output with the numbers of assertions: # { total: 9, pass: 4, fail: 2, todo: 1, skip: 2 } */
function counts(text) {
  const totals = [...text.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? ''
  const count = name => Number(new RegExp(`[{,] ${name}: (\\d+)`).exec(totals)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail') }
}

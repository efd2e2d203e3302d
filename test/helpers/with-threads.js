/*
  npm run test:threads [-- FILE...]: the tests of readers and loads once more with two threads, with five, and over four connections, and from members of
  zip archives, all of which they know nothing of (other-defaults.js). What is about one connection asks for one.
*/
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const rooms = ['inputs', 'one-process', 'runs', 'connections']
const loads = rooms.map(name => `test/end-to-end/${name}/room.test.ts`)
const readers = ['parse', 'infer', 'load'].map(name => `test/${name}/room.test.ts`)
const given = process.argv.slice(2)

const ways = [
  [{ TEST_THREADS: '2' }, [...readers, ...loads]],
  [{ TEST_THREADS: '5' }, [...readers, ...loads]],
  [{ TEST_CONNECTIONS: '4' }, loads],
  [{ TEST_ZIPPED: '1' }, [...readers, ...loads]],
]

const tap = createRequire(import.meta.url)
  .resolve('tap/package.json')
  .replace('package.json', 'dist/esm/run.mjs')
const root = fileURLToPath(new URL('../..', import.meta.url))
for (const [environment, files] of ways) {
  console.log(`# ${Object.entries(environment).flat().join('=')}`)
  const { status } = spawnSync(
    process.execPath,
    [
      tap,
      ...['--disable-coverage', '--timeout=7200', '--jobs=2'],
      // In this order: sources are changed before they are compiled.
      '--node-arg=--import=./test/helpers/other-defaults.js',
      '--node-arg=--import=./scripts/typescript-loader.js',
      ...(given.length > 0 ? given : files),
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  if (status !== 0) process.exitCode = 1
}

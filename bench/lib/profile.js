/*
  Shows where a benchmark spends its time. Runs the benchmark once, with every process under V8's profiler. Prints the time of each process,
  and its distribution over folders of the sources and over functions. Waiting is `(idle)`.
    node bench/lib/profile.js NAME [--scale 0.1]     NAME as in bench/: peers, receipts, small-files ...
*/
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { SourceMap } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { profileInto } from './measure.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bundle = join(root, 'dist/script/dispatch.js')
const shownLines = 10

/** The source map of the program in a checkout. It maps the bundle to src/. */
const bundleMap = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')))

/** Function and file of a frame. V8's own work has a name in parentheses and no file. */
function placeOf({ functionName, url, lineNumber, columnNumber }) {
  const name = functionName || '-'
  // A bundle made by a benchmark itself has a URL that contains its whole text.
  if (url.startsWith('data:')) return { name, file: 'src (without a map)' }
  const path = url.replace(/^file:\/\//, '')
  if (path !== bundle) return { name, file: path.startsWith('/') ? relative(root, path) : path }
  const { originalSource = '' } = bundleMap.findEntry(lineNumber, columnNumber)
  return { name, file: originalSource.replace(/^(\.\.\/)+/, '') }
}

/** Self time in µs by key, largest first. `keyOf` turns a place in the code into a key. */
function selfTimes({ nodes, samples, timeDeltas }, keyOf) {
  const keys = new Map(nodes.map(({ id, callFrame }) => [id, keyOf(placeOf(callFrame))]))
  const times = new Map()
  for (const [index, id] of samples.entries()) {
    const key = keys.get(id)
    times.set(key, (times.get(key) ?? 0) + timeDeltas[index])
  }
  return [...times].sort(([, a], [, b]) => b - a)
}

function print({ args, path }) {
  const profile = JSON.parse(readFileSync(path, 'utf8'))
  const totalMicros = profile.endTime - profile.startTime
  const functions = selfTimes(profile, ({ name, file }) => `${name} ${file}`.trim())
  const folders = selfTimes(profile, ({ name, file }) => (file === '' ? name : dirname(file)))
  const share = micros => `${((100 * micros) / totalMicros).toFixed(0)} %`.padStart(6)
  const words = args.map(word => basename(word)).join(' ')
  process.stdout.write(`\n${words}\n${(totalMicros / 1e6).toFixed(2)} s\n`)
  for (let line = 0; line < shownLines; line++) {
    const [left, right] = [folders, functions].map(([...times]) => {
      const [key, micros] = times[line] ?? ['', 0]
      return `${share(micros)}  ${key}`
    })
    process.stdout.write(`${left.padEnd(45)}${right}\n`)
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '0.1' } },
})
const folder = await mkdtemp(join(tmpdir(), 'ddb-ingest-profile-'))
try {
  const { measure } = await import(`../${positionals[0]}.js`)
  const profiled = profileInto(folder)
  await measure({ repeats: 1, scale: Number(values.scale), large: false })
  // `exec` processes make, empty or count tables, and no benchmark times them.
  for (const each of profiled.filter(({ args }) => !args.includes('exec'))) print(each)
} finally {
  await rm(folder, { recursive: true, force: true })
}

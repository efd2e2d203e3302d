/*
  Makes all tests read with several threads and load over several connections without asking for them: TEST_THREADS=5
  TEST_CONNECTIONS=4 NODE_OPTIONS=--import=./test/helpers/other-defaults.js npx tap … With TEST_ZIPPED=1 every file is
  read from a zip archive. The program has no such switches, so this file changes the sources while Node loads them.
  Pieces of inputs become tiny, so that threads also divide small inputs. A target that takes only one connection gets
  one. `npm run test:threads` tries combinations.
*/
import { register } from 'node:module'
import { isMainThread, parentPort } from 'node:worker_threads'

const threads = Number(process.env['TEST_THREADS'] ?? 1)
const connections = Number(process.env['TEST_CONNECTIONS'] ?? 1)
/** For each file: a text that occurs once in the file, and its replacement. */
const changes = new Map()

const isZipped = process.env['TEST_ZIPPED'] === '1'

/** Adds an import before an existing one. */
const importing = (name, there) => [
  there,
  `import { ${name} } from '${new URL('../parse/parallel/fake-threads.js', import.meta.url).href.replace(/js$/, 'ts')}'\n${there}`,
]

if (threads > 1) {
  // A load that asks for threads gets real threads; all other loads get simulated threads in this process.
  const asked = 'options.input?.threads'
  changes.set('src/load/inputs/inputs.ts', [
    [
      `newParseThreads(platform.threads, ${asked})`,
      `newParseThreads(platform.threads, ${asked} ?? ${threads}, ${asked} === undefined)`,
    ],
  ])
  changes.set('src/load/inputs/parse-threads.ts', [
    ["asked: number | 'auto' = 'auto')", "asked: number | 'auto' = 'auto', isFake = false)"],
    ['left < leastBytes', 'left < (isFake ? 1 : leastBytes)'],
    ['started ??= start(', 'started ??= isFake ? startFakeThreads(helpers) : start('],
    importing('startFakeThreads', 'import type { Threads }'),
  ])
  // Also divides the sample into tiny pieces, because a whole sample would leave nothing of a small input to threads.
  changes.set('src/parse/csv/sample.ts', [
    ['chunk = taken.shift()) yield chunk', 'chunk = taken.shift()) yield* tinyPieces(chunk)'],
    importing('tinyPieces', 'import type { FlushClock }'),
  ])
  // Readers without a run get simulated threads in this process.
  changes.set('src/parse/record-reader.ts', [
    ['records(options)', `records((options = withThreads(options, ${threads - 1})))`],
    importing('withThreads', 'import type { Tokenizer }'),
  ])
}

if (connections > 1) {
  changes.set('src/load/defaults.ts', [['connections: 1,', `connections: ${connections},`]])
  const asked = 'options.delivery?.connections !== undefined'
  const isUnordered = 'options.delivery?.unordered === true'
  changes.set('src/load/target/choose-connections.ts', [
    [`|| ${isUnordered}) return`, `|| ${isUnordered} || !(${asked})) return`],
  ])
  const orOne = check => `try { ${check} } catch (error) {
    if (${asked}) throw error
    delivery.connections = 1
  }`
  changes.set('src/load/plan.ts', [
    [
      '\n  checkConnections(delivery, target)',
      `\n  ${orOne('checkConnections(delivery, target)')}`,
    ],
  ])
  const none = 'run.options.delivery?.connections === undefined'
  changes.set('src/load/transport/open-delivery.ts', [
    [
      '\n  if (before !== undefined && run.plan.connections > 1 &&',
      `\n  if (${none} && before !== undefined && run.server.dataSession.enableAsync) run.plan.connections = 1` +
        '\n  if (before !== undefined && run.plan.connections > 1 &&',
    ],
  ])
}

if (isZipped) {
  const zipped = new URL('zipped.ts', import.meta.url).href
  const there = 'import { fileChunks, type Jump }'
  changes.set('src/source/open-source.ts', [
    ['file = await files.open(path)', 'file = await openZipped(path, files)'],
    [there, `import { openZipped } from '${zipped}'\n${there}`],
  ])
  changes.set('src/load/inputs/small-files.ts', [
    ['const isPossible = asked', 'const isPossible = false && asked'],
  ])
}

if ((isMainThread || parentPort !== null) && changes.size > 0) register(import.meta.url)

const root = new URL('../../', import.meta.url).href

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context)
  const own = url.startsWith(root) ? changes.get(url.slice(root.length)) : undefined
  if (own === undefined) return loaded
  let source = String(loaded.source)
  for (const [from, to] of own) {
    if (source.split(from).length !== 2) throw new Error(`${url} does not have once: ${from}`)
    source = source.replace(from, () => to)
  }
  return { ...loaded, source }
}

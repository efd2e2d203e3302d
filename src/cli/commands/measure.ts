/*
  The measurement from DolphinDB's chapter on asynchronous writing: sends the same requests synchronously, then
  asynchronously, each time into a new stream table. Each measurement ends once the server counts the last row.
*/
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import type { Table, Value } from '../../protocol/value.js'
import { canRedraw, type Output } from '../output/output.js'
import { openBar, shareText, signsOf } from '../output/progress.js'
import type { ProcessEnvironment } from '../process-environment.js'

/** Determines whether the server answers each request (`sync`) or none (`async`). */
export type Mode = 'sync' | 'async'

export interface ModeFigures {
  seconds: number
  rowsPerSec: number
}

export interface Measurement {
  requests: number
  rowsPerRequest: number
  sync: ModeFigures
  async: ModeFigures
  /** Speed of asynchronous writing divided by the speed of synchronous writing. */
  ratio: number
}

export interface MeasureOptions {
  connect: () => Promise<Session>
  /** Largest number of requests in each mode. */
  requests: number
  rows: number
  /** Time limit of the synchronous mode, ms; default none. The asynchronous mode sends the same number of requests. */
  longestMs?: number
  signal: AbortSignal
  /** Called repeatedly while requests are sent, with the fraction done. */
  onProgress?: (mode: Mode, share: number) => void
  onMode?: (mode: Mode, figures: ModeFigures, requests: number) => void
}

/** Requests between two checks of the clock and the signal. */
const requestsPerStep = 100
const stallMs = 60_000

/** @throws {DdbError} DDB_UNCONFIRMED if the rows do not arrive, DDB_INTERRUPTED, and the session's errors */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { figures: sync, requests } = await measureMode('sync', options)
  const { figures: async } = await measureMode('async', {
    ...options,
    requests,
    longestMs: Infinity,
  })
  const { rows: rowsPerRequest } = options
  return { requests, rowsPerRequest, sync, async, ratio: round(sync.seconds / async.seconds, 3) }
}

async function measureMode(
  mode: Mode,
  options: MeasureOptions,
): Promise<{ figures: ModeFigures; requests: number }> {
  const { connect, rows, onMode } = options
  const table = `ddbIngestBench_${mode}_${randomBytes(4).toString('hex')}`
  const control = await connect()
  try {
    await control.run(
      `share streamTable(10000:0, \`time\`sym\`price\`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as ${table}`,
    )
    const session = await connect()
    try {
      const start = performance.now()
      const requests = await writeAll(mode, session, table, options)
      await awaitCount(control, table, requests * rows, options.signal)
      const seconds = round((performance.now() - start) / 1000, 6)
      const figures = { seconds, rowsPerSec: Math.round((requests * rows) / seconds) }
      onMode?.(mode, figures, requests)
      return { figures, requests }
    } finally {
      await session.close()
    }
  } finally {
    if (!control.closed) await control.run(`undef(\`${table}, SHARED)`).catch(() => undefined)
    await control.close().catch(() => undefined)
  }
}

/** @returns how many requests were written */
async function writeAll(
  mode: Mode,
  session: Session,
  table: string,
  { requests, rows, longestMs = Infinity, signal, onProgress }: MeasureOptions,
): Promise<number> {
  const startMs = performance.now()
  const name = `tableInsert{${table}}`
  const makeBatch = batchMaker(rows)
  for (let request = 0; request < requests; request++) {
    const args = [makeBatch(request)]
    if (mode === 'sync') await session.call(name, args)
    else if (!session.send(name, args)) await session.drained()
    if ((request + 1) % requestsPerStep !== 0) continue
    if (performance.now() - startMs >= longestMs) return request + 1
    if (signal.aborted) throw new DdbError('DDB_INTERRUPTED', 'the measurement was interrupted')
    onProgress?.(mode, Math.max(request / requests, (performance.now() - startMs) / longestMs))
  }
  return requests
}

const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']

export const modeNames: Readonly<Record<Mode, string>> = {
  sync: 'synchronous',
  async: 'asynchronous',
}

/** Shows the progress of a measurement in one line; shows nothing if the output cannot redraw a line. */
export async function showMeasuring(
  output: Output,
  { stderr, environment }: ProcessEnvironment,
): Promise<{ onProgress: NonNullable<MeasureOptions['onProgress']>; stop: () => void }> {
  if (!canRedraw(stderr, environment)) return { onProgress: () => undefined, stop: () => undefined }
  const bar = await openBar(output, stderr)
  const signs = signsOf(environment)
  return {
    onProgress: (mode, share) =>
      bar.show(columns => [shareText(share, modeNames[mode], columns - 1, signs)]),
    stop: bar.stop,
  }
}

/** Rows as in DolphinDB's chapter on asynchronous writing: time, sym, price, id. Every request has its own ids and is encoded anew. */
function batchMaker(rows: number): (request: number) => Table {
  const time = BigInt64Array.from(
    { length: rows },
    (_, row) => 1_577_957_400_000n + BigInt(row) * 3n,
  )
  const codes = Int32Array.from(
    { length: rows },
    (_, row) => 1 + ((row * 7) % (symbols.length - 1)),
  )
  const price = Float64Array.from({ length: rows }, (_, row) => 1 + ((row * 37) % 990) / 10)
  const columnNames = ['time', 'sym', 'price', 'id']
  return request => {
    // A new array for each request, because the session may still hold the previous request's array.
    const ids = new Int32Array(rows)
    for (let row = 0; row < rows; row++) ids[row] = (request * rows + row) & 0x7fff_ffff
    return {
      form: 'table',
      name: '',
      rows,
      columnNames,
      columns: [
        { form: 'vector', type: 'TIMESTAMP', length: rows, data: time },
        { form: 'vector', type: 'SYMBOL', length: rows, codes, base: symbols },
        { form: 'vector', type: 'DOUBLE', length: rows, data: price },
        { form: 'vector', type: 'INT', length: rows, data: ids },
      ],
    }
  }
}

/** `Asynchronous writing was 3.1 times as fast …`; below 1 `… took 1.2 times as long …`. */
export function ratioText(ratio: number): string {
  return ratio >= 1
    ? `Asynchronous writing was ${ratio.toFixed(1)} times as fast as synchronous`
    : `Asynchronous writing took ${(1 / ratio).toFixed(1)} times as long as synchronous on this busy machine`
}

/** Polls until the table holds `expected` rows. */
async function awaitCount(
  control: Session,
  table: string,
  expected: number,
  signal: AbortSignal,
): Promise<void> {
  let last = -1
  let lastGrowth = performance.now()
  for (;;) {
    const rowCount = countOf(await control.run(`exec count(*) from ${table}`))
    if (rowCount === expected) return
    if (rowCount !== last) {
      last = rowCount
      lastGrowth = performance.now()
    } else if (performance.now() - lastGrowth > stallMs) {
      throw new DdbError(
        'DDB_UNCONFIRMED',
        `only ${rowCount} of ${expected} rows arrived in ${table}, and nothing more for ${stallMs / 1000} s`,
      )
    }
    if (signal.aborted) throw new DdbError('DDB_INTERRUPTED', 'the measurement was interrupted')
    await delay(2)
  }
}

/** The answer to `exec count(*)`: an INT or a LONG. */
export function countOf(answer: Value | undefined): number {
  if (answer?.form === 'scalar' && (answer.type === 'INT' || answer.type === 'LONG')) {
    return Number(answer.value ?? 0)
  }
  throw new DdbError(
    'DDB_PROTOCOL',
    'the server answered exec count(*) with something other than a number',
  )
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

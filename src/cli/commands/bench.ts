/*
  `bench`: the measurement of DolphinDB's chapter on asynchronous writing, on any server. It sends the same requests synchronously, then
  asynchronously, each time into a new stream table. Each measurement ends once the server counts the last row.
*/
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import { connectDeadlineMs, connectServer } from '../../load/connection/connect.js'
import { systemPlatform } from '../../platform/system.js'
import type { Table, Value } from '../../protocol/value.js'
import { version } from '../../version.js'
import { catchSignals } from '../interruption.js'
import type { BenchSettings } from '../options/command-options.js'
import { serverOf } from '../options/library-options.js'
import { endFailed } from '../output/failures.js'
import { openBar } from '../output/progress.js'
import { clean, counted, grouped, jsonLine } from '../output/terminal-text.js'
import type { Call } from './command.js'

/** Whether the server answers each request (`sync`) or none (`async`). */
const modeNames = { sync: 'synchronous', async: 'asynchronous' } as const
type Mode = keyof typeof modeNames

interface ModeFigures {
  readonly seconds: number
  readonly rowsPerSec: number
}

interface Measurement {
  readonly requests: number
  readonly rowsPerRequest: number
  readonly sync: ModeFigures
  readonly async: ModeFigures
  /** Speed of asynchronous writing divided by the speed of synchronous writing. */
  readonly ratio: number
}

export interface MeasureOptions {
  readonly connect: () => Promise<Session>
  /** Largest number of requests in each mode. */
  readonly requests: number
  readonly rows: number
  /** Time limit of the synchronous mode, ms; default none. The asynchronous mode sends the same number of requests. */
  readonly longestMs?: number
  readonly signal: AbortSignal
  /** Takes one line about each mode. */
  readonly print: (line: string) => void
}

/** Requests between two checks of the clock and the signal. */
const requestsPerStep = 100
const stallMs = 60_000

/** @returns the exit code @throws {DdbError} if the measurement fails; with `--json` prints the error first */
export async function run(settings: BenchSettings, call: Call): Promise<number> {
  const { output } = call
  const interruption = catchSignals(call.processEnvironment)
  const { requests, rows } = settings
  const head = { schema: 'ddb-ingest/bench/1', version, exitCode: 0 }
  try {
    const server = await serverOf(settings, call)
    output.note(`${counted(requests, 'request')} of ${counted(rows, 'row')} in each mode`)
    const { signal } = interruption
    const deadlineMs = connectDeadlineMs(systemPlatform, server)
    const connect = (): Promise<Session> =>
      connectServer(systemPlatform, server, { deadlineMs, signal })
    const print = (line: string): void => output.note(line)
    const found = await measure({ connect, requests, rows, signal, print }, call)
    const host = `${server.host}:${server.port}`
    if (settings.json) {
      await output.writeData(jsonLine({ ...head, server: host, ...found, error: null }))
    } else await output.write(`${clean(sentenceOf(found, host))}\n`)
    return 0
  } catch (error) {
    const unknown = { sync: null, async: null, ratio: null }
    const object = { ...head, server: null, requests, rowsPerRequest: rows, ...unknown }
    return endFailed(output, error, settings.json && object, interruption)
  } finally {
    interruption.release()
  }
}

function sentenceOf(
  { requests, rowsPerRequest, sync, async, ratio }: Measurement,
  host: string,
): string {
  const work = `${counted(requests, 'request')} of ${counted(rowsPerRequest, 'row')}`
  const times = `${async.seconds.toFixed(2)} s against ${sync.seconds.toFixed(2)} s`
  return `${ratioText(ratio)}: ${times} for ${work} each on ${host}.`
}

/** @throws {DdbError} DDB_UNCONFIRMED if the rows do not arrive, DDB_INTERRUPTED, and the session's errors */
export async function measure(
  options: MeasureOptions,
  { output, processEnvironment }: Pick<Call, 'output' | 'processEnvironment'>,
): Promise<Measurement> {
  const bar = await openBar(output, processEnvironment)
  const measureOne = async (mode: Mode, limits: Partial<MeasureOptions>) => {
    const onProgress = (share: number): void =>
      bar?.show({ share: Math.min(share, 1), parts: [modeNames[mode]] })
    const { seconds, requests } = await measureMode(mode, { ...options, ...limits }, onProgress)
    const rowsPerSec = Math.round((requests * options.rows) / seconds)
    bar?.stop()
    const figures = `${seconds.toFixed(2).padStart(6)} s  ${grouped(rowsPerSec).padStart(10)} rows/s`
    options.print(`${modeNames[mode].padEnd(12)}  ${figures}`)
    return { requests, figures: { seconds, rowsPerSec } }
  }
  try {
    const { requests, figures: sync } = await measureOne('sync', {})
    const { figures: async } = await measureOne('async', { requests, longestMs: Infinity })
    const ratio = round(sync.seconds / async.seconds, 3)
    return { requests, rowsPerRequest: options.rows, sync, async, ratio }
  } finally {
    bar?.stop()
  }
}

async function measureMode(
  mode: Mode,
  options: MeasureOptions,
  onProgress: (share: number) => void,
): Promise<{ seconds: number; requests: number }> {
  const { connect, rows } = options
  const table = `ddbIngestBench_${mode}_${randomBytes(4).toString('hex')}`
  const control = await connect()
  try {
    await control.run(
      `share streamTable(10000:0, \`time\`sym\`price\`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as ${table}`,
    )
    const session = await connect()
    try {
      const start = performance.now()
      const requests = await writeAll(mode, session, table, options, onProgress)
      await awaitCount(control, table, requests * rows, options.signal)
      return { seconds: round((performance.now() - start) / 1000, 6), requests }
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
  { requests, rows, longestMs = Infinity, signal }: MeasureOptions,
  onProgress: (share: number) => void,
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
    refuseInterrupted(signal)
    onProgress(Math.max(request / requests, (performance.now() - startMs) / longestMs))
  }
  return requests
}

function refuseInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new DdbError('DDB_INTERRUPTED', 'the measurement was interrupted')
}

const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']

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
    refuseInterrupted(signal)
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

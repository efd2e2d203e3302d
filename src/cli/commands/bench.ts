/* `bench`: the measurement of DolphinDB's chapter on asynchronous writing, on any server. It sends the same requests synchronously, then
   asynchronously, each time into a new stream table. Each measurement ends once the server counts the last row. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { defaultConnectTimeoutMs, type Session } from '../../client/open-session.js'
import { DdbError, TimeoutError } from '../../errors.js'
import { connectServer } from '../../load/connection/connect.js'
import type { ServerTarget } from '../../load/options.js'
import { systemPlatform } from '../../platform/system-files.js'
import type { Column, Table } from '../../protocol/value.js'
import { version } from '../../version.js'
import type { Settings } from '../options/options.js'
import { onServer } from '../options/login.js'
import { serverWords, shellText } from '../options/shell-command.js'
import { clean, counted, grouped, jsonLine, wrapped } from '../output/output.js'
import type { Call } from './command.js'

/** Whether the server answers each request (`sync`) or none (`async`). */
type Mode = 'sync' | 'async'

/** Longest wait for a sign of life from the server. */
const stallMs = 60_000

/** @returns the exit code @throws {DdbError} if the measurement fails; with `--json` prints the error first */
export async function run(settings: Settings<'bench'>, call: Call): Promise<number> {
  const { output } = call
  const { requests, rows, printJson } = settings
  const head = { schema: 'ddb-ingest/bench/1', version, exitCode: 0 }
  const size = { requests, rowsPerRequest: rows }
  const object = { ...head, server: null, ...size, sync: null, async: null, ratio: null }
  return onServer(settings, [], call, printJson && object, async (server, begin) => {
    const { signal } = begin()
    const host = `${server.host}:${server.port}`
    const work = `${counted(requests, 'request')} of ${counted(rows, 'row')}`
    output.note(`${work} in each mode`)
    await using control = await connectServer(systemPlatform, server, { signal })
    const measured = async (mode: Mode) => {
      const seconds = await writeAll(mode, settings, server, control, signal, call)
      const rowsPerSec = Math.round((requests * rows) / seconds)
      const speed = `${grouped(rowsPerSec).padStart(10)} rows/s`
      output.note(`${mode.padEnd(5)}  ${seconds.toFixed(2).padStart(6)} s  ${speed}`)
      return { seconds, rowsPerSec }
    }
    const sync = await measured('sync')
    const async = await measured('async')
    const ratio = Number((sync.seconds / async.seconds).toFixed(3))
    if (printJson) {
      const found = { ...size, sync, async, ratio, error: null }
      await output.writeData(jsonLine({ ...head, server: host, ...found }))
    } else {
      const times = `${async.seconds.toFixed(2)} s against ${sync.seconds.toFixed(2)} s`
      const speed = `Asynchronous writing was ${ratio.toFixed(1)} times as fast as synchronous`
      const sentence = clean(`${speed}: ${times} for ${work} each on ${host}.`)
      await output.write(`${wrapped(sentence, output.resultColumns ?? Infinity).join('\n')}\n`)
    }
    return 0
  })
}

/** @param control  counts the rows while another session writes @returns the seconds until the server has counted all rows */
async function writeAll(
  mode: Mode,
  { requests, rows }: Settings<'bench'>,
  server: ServerTarget,
  control: Session,
  signal: AbortSignal,
  call: Call,
): Promise<number> {
  const table = `ddbIngestBench_${mode}_${randomBytes(4).toString('hex')}`
  const columns = '`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]'
  const shared = control.run(`share streamTable(10000:0, ${columns}) as ${table}`)
  await unlessSilent(shared, [control])
  let session: Session | undefined
  try {
    session = await connectServer(systemPlatform, server, { signal })
    const both = [control, session] as const
    const name = `tableInsert{${table}}`
    const makeBatch = batchMaker(rows)
    const startMs = performance.now()
    for (let sent = 0; sent < requests;) {
      const args = [makeBatch(sent++)]
      if (mode === 'sync') await unlessSilent(session.call(name, args), both)
      else if (!session.send(name, args)) await unlessSilent(session.drained(), both)
      signal.throwIfAborted()
    }
    await awaitCount(both, table, requests * rows, signal)
    return Math.round((performance.now() - startMs) * 1000) / 1e6
  } finally {
    // Its failure would only hide the one that ended the measurement.
    await session?.close().catch(() => undefined)
    await remove(table, server, control, call)
  }
}

async function unlessSilent<T>(waiting: Promise<T>, sessions: readonly Session[]): Promise<T> {
  const timer = setTimeout(() => {
    const silence = new TimeoutError(`the server took and answered nothing for ${stallMs / 1000} s`)
    for (const one of sessions) one.abandon(silence)
  }, stallMs)
  try {
    return await waiting
  } finally {
    clearTimeout(timer)
  }
}

/** Removes the table, over another connection if the first one is lost; tells the user how to if that fails, too. */
async function remove(table: string, server: ServerTarget, control: Session, call: Call) {
  const { output, asked } = call
  const script = `undef("${table}", SHARED)`
  try {
    await using again = control.closed ? await connectServer(systemPlatform, server) : undefined
    await (again ?? control).run(script, { timeoutMs: defaultConnectTimeoutMs })
  } catch {
    const words = ['exec', '-e', script, ...serverWords(asked.flags ?? new Map())]
    output.command(`the table ${table} is still on the server; to remove it`, shellText(words))
  }
}

const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']

/** Rows as in DolphinDB's chapter on asynchronous writing. Every request has its own ids and is encoded anew. */
function batchMaker(length: number): (request: number) => Table {
  const numbers = Array.from({ length }, (_, row) => row)
  const vector = { form: 'vector', length } as const
  const time = BigInt64Array.from(numbers, row => 1_577_957_400_000n + BigInt(row) * 3n)
  const codes = Int32Array.from(numbers, row => 1 + ((row * 7) % (symbols.length - 1)))
  const price = Float64Array.from(numbers, row => 1 + ((row * 37) % 990) / 10)
  const columnNames = ['time', 'sym', 'price', 'id']
  return request => {
    // A new array for each request, because the session may still hold the previous request's array.
    const ids = Int32Array.from(numbers, row => (request * length + row) & 0x7fff_ffff)
    const columns: Column[] = [
      { ...vector, type: 'TIMESTAMP', data: time },
      { ...vector, type: 'SYMBOL', codes, base: symbols },
      { ...vector, type: 'DOUBLE', data: price },
      { ...vector, type: 'INT', data: ids },
    ]
    return { form: 'table', name: '', rows: length, columnNames, columns }
  }
}

async function awaitCount(
  both: readonly [control: Session, Session],
  table: string,
  expected: number,
  signal: AbortSignal,
): Promise<void> {
  for (let last = -1, grownMs = 0; ; await delay(2)) {
    const answer = await unlessSilent(both[0].run(`exec count(*) from ${table}`), both)
    const rows = answer?.form === 'scalar' ? Number(answer.value) : 0
    if (rows === expected) return
    const nowMs = performance.now()
    if (rows !== last) [last, grownMs] = [rows, nowMs]
    if (nowMs - grownMs > stallMs) {
      throw new DdbError(
        'DDB_UNCONFIRMED',
        `only ${rows} of ${expected} rows arrived in ${table}, and nothing more for ${stallMs / 1000} s`,
      )
    }
    signal.throwIfAborted()
  }
}

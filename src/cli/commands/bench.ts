/*
  `bench`: compares asynchronous with synchronous writing, on any server.
*/
import { connectDeadlineMs, connectServer } from '../../load/connection/connect.js'
import { systemPlatform } from '../../platform/system.js'
import { version } from '../../version.js'
import type { Call } from './command.js'
import { failureOf, writeFailed } from '../output/failures.js'
import { catchSignals } from '../interruption.js'
import { serverOf } from '../options/library-options.js'
import { measure, modeNames, ratioText, showMeasuring, type Measurement } from './measure.js'
import type { BenchSettings } from '../options/command-options.js'
import { clean, counted, grouped, jsonLine } from '../output/terminal-text.js'

/** @returns the exit code @throws {DdbError} if the measurement fails; with `--json` prints the error first */
export async function run(settings: BenchSettings, call: Call): Promise<number> {
  const { output, processEnvironment } = call
  const interruption = catchSignals(processEnvironment)
  const { requests, rows } = settings
  try {
    const server = await serverOf(settings, call)
    output.note(`${counted(requests, 'request')} of ${counted(rows, 'row')} in each mode`)
    const meter = await showMeasuring(output, processEnvironment)
    const measurement = await measure({
      connect: () =>
        connectServer(systemPlatform, server, {
          deadlineMs: connectDeadlineMs(systemPlatform, server),
          signal: interruption.signal,
        }),
      requests,
      rows,
      signal: interruption.signal,
      onProgress: meter.onProgress,
      onMode: (mode, { seconds, rowsPerSec }) => {
        meter.stop()
        const name = modeNames[mode].padEnd(12)
        output.note(`${name}  ${seconds.toFixed(2)} s  ${grouped(rowsPerSec)} rows/s`)
      },
    }).finally(meter.stop)
    const host = `${server.host}:${server.port}`
    if (settings.json) await output.writeData(jsonLine(resultOf(measurement, host)))
    else await output.write(`${clean(sentenceOf(measurement, host))}\n`)
    return 0
  } catch (error) {
    const exitCode = interruption.exitCode
    if (settings.json) await writeFailed(output, failedResult(settings, failureOf(error), exitCode))
    if (exitCode === undefined) throw error
    output.problem('interrupted')
    return exitCode
  } finally {
    interruption.release()
  }
}

function resultOf(measurement: Measurement, server: string): object {
  const head = { schema: 'ddb-ingest/bench/1', version, exitCode: 0, server }
  return { ...head, ...measurement, error: null }
}

function failedResult(
  { requests, rows }: BenchSettings,
  { code, message, exitCode }: ReturnType<typeof failureOf>,
  signalExitCode: number | undefined,
): object {
  return {
    schema: 'ddb-ingest/bench/1',
    version,
    exitCode: signalExitCode ?? exitCode,
    server: null,
    requests,
    rowsPerRequest: rows,
    sync: null,
    async: null,
    ratio: null,
    error: { code, message },
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

/*
  `runs RUN` for a run that shards load: it has no journal, so the server that the user names is asked.
*/
import { forgetShards, lookAtShards } from '../../../load/shards/report.js'
import { systemPlatform } from '../../../platform/system.js'
import { serverOf } from '../../options/login.js'
import type { Settings } from '../../options/options.js'
import { nextCommand } from '../../output/failures.js'
import { summaryLines } from '../../output/summary.js'
import { jsonLine } from '../../output/terminal-text.js'
import type { Call } from '../command.js'
import { isOfShards } from './known-run.js'

/**
 * Prints what the server knows of the run, or removes it.
 * @returns 0 only if everything is loaded; undefined unless the user names a server, and one run that has no journal
 * @throws {DdbError} DDB_RUN_MISSING
 */
export async function runShards(
  settings: Settings<'runs'>,
  call: Call,
  folder: string,
): Promise<number | undefined> {
  const { output, args } = call
  const [runId, other] = args
  if (runId === undefined || other !== undefined) return undefined
  if (!(await isOfShards(settings, folder, runId))) return undefined
  const server = await serverOf(settings, call)
  if (settings.clean === true) {
    await forgetShards(systemPlatform, server, runId)
    await output.write(`removed run ${runId} from the server\n`)
    return 0
  }
  const result = await lookAtShards(systemPlatform, server, runId, output.note)
  const { error, exitCode } = result
  if (error !== null) output.problem(error.message, error.code)
  if (settings.printJson) await output.writeData(jsonLine(result))
  else {
    const next = error === null ? undefined : nextCommand(error, call.asked)
    await output.write(`${summaryLines(result, next, output.resultColumns).join('\n')}\n`)
  }
  return exitCode
}

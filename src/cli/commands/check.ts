/*
  `check`, and `load --dry-run`: reports what a load would do, and prints a command that does exactly that.
*/
import { errorCodes, UsageError } from '../../errors.js'
import { check } from '../../load/check/check.js'
import type { CheckOptions, CheckResult } from '../../load/check/check-result.js'
import { journalPath } from '../../load/journal/open-journal.js'
import type { Call } from './command.js'
import { inputsOf, refuseTerminal } from '../files/files-from.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { openResultFile, type ResultFile } from '../files/result-file.js'
import { openTrace, type TraceFile } from '../files/trace-file.js'
import { catchSignals } from '../interruption.js'
import type { CheckSettings } from '../options/command-options.js'
import { loadOnlyOptions, fixWithFlags, withFlags } from '../options/load-options.js'
import { defined } from '../options/definition.js'
import { journalOf, loadOptionsOf, targetOptionsOf } from '../options/library-options.js'
import { loadCommand } from '../options/shell-command.js'
import { adviseNeededOptions, printFailure, printAdvice, writeFailed } from '../output/failures.js'
import { checkText, commandsTitle } from '../output/check-text.js'
import { emptyCheck } from '../output/empty-result.js'
import { startProgress } from '../output/progress.js'
import { jsonLine } from '../output/terminal-text.js'

/** @returns the exit code; failures of the check itself are in its result, not thrown */
export async function run(settings: CheckSettings, call: Call): Promise<number> {
  const { output } = call
  refuseTerminal(settings, call)
  refuseOfLoad(call)
  let trace: TraceFile | undefined
  let summary: ResultFile<CheckResult> | undefined
  try {
    const inputs = await inputsOf(settings, call)
    const { runId, json, ...others } = settings
    // A file in the environment is for loads: a check writes only the file of the flag.
    const file = call.sources.flags.has('json') ? json?.file : undefined
    const journal = journalOf(settings, call.processEnvironment)
    const journalFile =
      runId === undefined ? undefined : journal && journalPath(journal.folder, runId)
    const files = defined({ ...others, json: { file }, journal: journalFile })
    await refuseSharedFiles(files, inputs, call)
    if (file !== undefined) {
      summary = await openResultFile(file, { name: 'JSON object', textOf: jsonLine })
    }
    trace = openTrace(settings, output)
    return await runCheck(settings, inputs, call, { trace, summary })
  } catch (error) {
    const result = emptyCheck(settings.host[0], targetOptionsOf(settings), error)
    await summary?.write(result, output)
    if (settings.json?.print) await writeFailed(output, result)
    throw error
  } finally {
    await summary?.close()
    trace?.close()
  }
}

async function runCheck(
  settings: CheckSettings,
  inputs: readonly string[],
  call: Call,
  files: { trace: TraceFile | undefined; summary: ResultFile<CheckResult> | undefined },
): Promise<number> {
  const { processEnvironment, output } = call
  const trace = files.trace?.trace
  const asked = await loadOptionsOf(settings, inputs, call, trace)
  const progress = await startProgress(settings.quiet ?? false, output, processEnvironment)
  const leaving = new AbortController()
  const interruption = catchSignals(processEnvironment, {
    onLater: exitCode => {
      leaving.abort()
      processEnvironment.leave(exitCode)
    },
  })
  let isReplaced = false
  const options: CheckOptions = {
    ...asked,
    ...(settings.sample === undefined ? {} : { sampleRows: settings.sample }),
    onReport: report => progress.report({ ...report, sentRows: report.rows.unsent }),
    onNeeded(needed, readsAll) {
      adviseNeededOptions(call.asked, needed, readsAll)
      // If even the advised options leave rows unreadable, the load as typed is printed, too.
      isReplaced = readsAll !== false
    },
    wording: withFlags,
    signal: interruption.signal,
    leave: leaving.signal,
  }
  try {
    const found = output.withoutSecrets(await check(options))
    progress.stop()
    const endCode =
      found.status === 'interrupted' ? (interruption.exitCode ?? found.exitCode) : found.exitCode
    // If `onNeeded` has advised a load with the missing options, the load as typed would fail, so it is not printed.
    const commands = isReplaced ? [] : commandsOf(found, settings, call)
    const error = found.error && { ...found.error, fix: fixWithFlags(found.error.fix) }
    const result = { ...found, error, exitCode: endCode, commands }
    const exitCode = (await files.summary?.write(result, output)) ?? endCode
    const printedCode = await print(settings, call, { ...result, exitCode })
    // If standard output failed, the exit code in the file is outdated, so the file is written again.
    if (printedCode === exitCode) return exitCode
    return (await files.summary?.write({ ...result, exitCode: printedCode }, output)) ?? printedCode
  } finally {
    progress.stop()
    interruption.release()
  }
}

function commandsOf(
  { frozen, inputs }: CheckResult,
  settings: CheckSettings,
  { args, sources }: Call,
): string[] {
  return frozen.map((one, i) => {
    const own = inputs.filter(({ path }) => one.inputs.includes(path))
    const rows = own.reduce((sum, input) => sum + input.rows, 0)
    const fit = own.reduce((left, input) => left - input.rejected, rows)
    return loadCommand(settings, sources, {
      frozen: one,
      number: i + 1,
      isOnly: frozen.length === 1,
      args: args.length > 0 || settings.filesFrom !== undefined ? args : ['-'],
      counts: own.every(({ isWhole }) => isWhole) ? { rows, fit } : undefined,
    })
  })
}

/** @returns the exit code: 74 if the result cannot be printed */
async function print(settings: CheckSettings, call: Call, result: CheckResult): Promise<number> {
  const { output } = call
  const isSilent = settings.quiet === true && result.exitCode === 0
  if (!isSilent) {
    for (const notice of result.notices) output.note(notice)
    if (result.error !== null) {
      output.problem(result.error.message, result.error.code)
      printAdvice(output, result.error, call.asked)
    } else if (result.exitCode === errorCodes.DDB_OUTPUT_WRITE) {
      printAdvice(output, { code: 'DDB_OUTPUT_WRITE' }, call.asked)
    } else if (call.asked.next !== undefined) output.note(`next: ${call.asked.next}`)
  }
  try {
    if (settings.json?.print) {
      await output.writeData(jsonLine(result))
    } else if (!isSilent) {
      await output.write(checkText(result, output.paintResult, output.resultColumns))
      if (result.commands.length === 0) return result.exitCode
      await output.write(`\n${commandsTitle(result, output.paintResult)}\n`)
      for (const command of result.commands) await output.writeData(`${command}\n`)
    }
    return result.exitCode
  } catch (error) {
    const { exitCode } = printFailure(output, error, call.asked)
    return result.exitCode === 0 ? exitCode : result.exitCode
  }
}

/** @throws {UsageError} DDB_USAGE for flags that only loads have; environment and configuration may set them */
function refuseOfLoad({ sources: { flags } }: Call): void {
  const given = loadOnlyOptions.find(name => flags.has(name))
  if (given === undefined) return
  throw new UsageError(
    'DDB_USAGE',
    `--${given} is for loads, and a check loads nothing: leave it out. --json[=FILE] has the result of a check`,
  )
}

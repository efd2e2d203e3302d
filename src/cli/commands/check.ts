/*
  `check`, and `load --dry-run`: what a load would do, and a command that does exactly that.
*/
import { check } from '../../load/check/check.js'
import type { CheckOptions, CheckResult } from '../../load/check/check-result.js'
import { journalPath } from '../../load/journal/open-journal.js'
import type { Call } from './command.js'
import { inputsOf, refuseTerminal } from './inputs-of.js'
import { offerTables } from './offer-tables.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { knownServers } from '../files/known-servers.js'
import { openTrace, type TraceFile } from '../files/trace-file.js'
import { catchSignals } from '../interruption.js'
import type { CheckSettings } from '../options/command-options.js'
import { withFlags } from '../options/reading/field-flags.js'
import { journalOf } from '../options/journaled.js'
import { loadCommand } from '../options/shell-command.js'
import { loadOptionsOf, targetOptionsOf } from '../options/load-options.js'
import { checkText, commandsTitle } from '../output/check-text.js'
import { emptyCheck } from '../output/empty-result.js'
import { printMeaning, tellNext, writeFailed } from '../output/print-failure.js'
import { startProgress } from '../output/progress.js'
import { jsonLine } from '../output/terminal-text.js'

/** @returns the exit code; failures of the check itself are in its result, not thrown */
export async function run(settings: CheckSettings, call: Call): Promise<number> {
  const { output } = call
  refuseTerminal(settings, call)
  output.logAs(settings.logFormat)
  let trace: TraceFile | undefined
  try {
    const inputs = await inputsOf(settings, call)
    const { runId, lock: _, ...files } = settings
    const journal = journalOf(settings, call.processEnvironment)
    const path = runId && journal && journalPath(journal.folder, runId)
    await refuseSharedFiles({ ...files, ...(path ? { journal: path } : {}) }, inputs, call)
    trace = openTrace(settings, output)
    return await runCheck(settings, inputs, call, trace)
  } catch (error) {
    const { host, port = settings.port } = settings.host[0]
    const result = emptyCheck({ host, port }, targetOptionsOf(settings), error)
    if (settings.json) await writeFailed(output, result)
    throw error
  } finally {
    trace?.close()
  }
}

async function runCheck(
  settings: CheckSettings,
  inputs: readonly string[],
  call: Call,
  traceFile: TraceFile | undefined,
): Promise<number> {
  const { processEnvironment, output } = call
  await offerTables(settings, call, traceFile?.trace)
  const asked = await loadOptionsOf(settings, inputs, call, traceFile?.trace)
  const progress = await startProgress(
    settings.progress,
    settings.quiet ?? false,
    output,
    processEnvironment,
  )
  const leaving = new AbortController()
  const interruption = catchSignals(processEnvironment, {
    onLater: exitCode => {
      leaving.abort()
      processEnvironment.leave(exitCode)
    },
  })
  const options: CheckOptions = {
    ...asked,
    server: { ...asked.server, serverMemory: knownServers(processEnvironment.environment) },
    ...(settings.sample === undefined ? {} : { sampleRows: settings.sample }),
    onReport: report => progress.report({ ...report, sentRows: report.rows.unsent }),
    wording: withFlags,
    signal: interruption.signal,
    leave: leaving.signal,
  }
  try {
    const found = output.withoutSecrets(await check(options))
    progress.stop()
    const exitCode =
      found.status === 'interrupted' ? (interruption.exitCode ?? found.exitCode) : found.exitCode
    const result = { ...found, exitCode, commands: commandsOf(found, settings, call) }
    await print(settings, call, result)
    return exitCode
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

async function print(settings: CheckSettings, call: Call, result: CheckResult): Promise<void> {
  const { output } = call
  const isSilent = settings.quiet === true && result.exitCode === 0
  if (!isSilent) {
    for (const notice of result.notices) output.note(notice)
    if (result.error !== null) {
      output.problem(result.error.message, result.error.code)
      printMeaning(output, result.error.code)
      tellNext(output, result.error.code, call.asked)
    }
  }
  if (settings.json) {
    await output.writeData(jsonLine(result))
  } else if (!isSilent) {
    await output.write(checkText(result, output.paintResult, output.resultColumns))
    if (result.commands.length === 0) return
    await output.write(`\n${commandsTitle(result, output.paintResult)}\n`)
    for (const command of result.commands) await output.writeData(`${command}\n`)
  }
}

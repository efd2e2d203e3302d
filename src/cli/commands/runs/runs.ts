/*
  `runs`: lists runs with a journal, their state, and how to resume them.
*/
import { resolve } from 'node:path'
import {
  changedInputs,
  listRuns,
  readRun,
  type KnownRun,
  type RemovedRun,
  type StrangeFile,
} from '../../../load/journal/known-runs.js'
import { systemPlatform } from '../../../platform/system.js'
import { withArchives } from '../../../source/archive/archives.js'
import { version } from '../../../version.js'
import { cleanRuns } from './clean-runs.js'
import { checkedStateFolder } from '../../files/state-file.js'
import type { Call } from '../command.js'
import { journalFolder, missingRunError } from '../../options/library-options.js'
import { optionsPastRejects, resumeCommand, shellText } from '../../options/shell-command.js'
import type { RunsSettings } from '../../options/command-options.js'
import { failureOf, writeFailed } from '../../output/failures.js'
import { reportOf, type RunReport } from '../../output/run-report.js'
import { runsTable, runText } from '../../output/runs-text.js'
import { waysToResume } from '../../output/run-report.js'
import { clean, counted, jsonLine } from '../../output/terminal-text.js'

/** Printed by `--json`; every field is always present. */
export interface RunsResult {
  readonly schema: 'ddb-ingest/runs/2'
  readonly version: string
  exitCode: number
  readonly folder: string
  runs: readonly RunReport[]
  /** Files in `folder` that are not journals. */
  strange: readonly StrangeFile[]
  /** Runs whose journals `--clean` removed. */
  removed: readonly string[]
  error: { readonly code: string; readonly message: string } | null
}

/** @returns the exit code @throws {DdbError} DDB_RUN_MISSING; with `--clean` also the errors of `cleanRuns` */
export async function run(settings: RunsSettings, call: Call): Promise<number> {
  const folder = `${journalFolder(settings, call.processEnvironment)}`
  if (settings.files === true)
    return (await import('./run-files.js')).printRunFiles(settings, call, folder)
  const result: RunsResult = {
    schema: 'ddb-ingest/runs/2',
    version,
    exitCode: 0,
    folder: `${folder}/runs`,
    runs: [],
    strange: [],
    removed: [],
    error: null,
  }
  const removed: RemovedRun[] = []
  try {
    checkedStateFolder(call.processEnvironment.environment, call.output.note, folder)
    try {
      if (settings.clean) await cleanRuns(settings, call, folder, removed)
    } finally {
      result.removed = removed.map(({ runId }) => runId)
    }
    const { runs, strange } = await foundRuns(settings, call.args, folder)
    result.runs = await Promise.all(runs.map(known => reportOn(known, settings)))
    result.strange = strange
  } catch (error) {
    const { code, message, exitCode } = failureOf(error)
    const failed: RunsResult = { ...result, exitCode, error: { code, message } }
    if (settings.json) await writeFailed(call.output, failed)
    else await tellRemoved(settings, call, removed).catch(() => undefined)
    throw error
  }
  if (settings.json) await call.output.writeData(jsonLine(result))
  else await print(settings, call, result, removed)
  return 0
}

/** The named runs, or all runs if none is named, without those that `--clean` removed. */
async function foundRuns(
  { clean }: RunsSettings,
  names: readonly string[],
  folder: string,
): Promise<{ runs: readonly KnownRun[]; strange: readonly StrangeFile[] }> {
  const { files } = systemPlatform
  if (clean || names.length === 0) return listRuns(folder, files)
  const runs: KnownRun[] = []
  for (const name of names) {
    const known = await readRun(folder, name, files, { holder: true })
    if (known === undefined) throw await missingRunError(folder, name)
    runs.push(known)
  }
  return { runs, strange: [] }
}

async function reportOn(known: KnownRun, { stateDir }: RunsSettings): Promise<RunReport> {
  const { runId, run, journal, state } = known
  const { server, rejects } = run.options
  const past = journal.end === undefined ? [] : optionsPastRejects(runId, rejects, journal.end)
  const resume = resumeCommand({ runId, stateDir, server, journaled: server }, past)
  if (state === 'running' || state === 'finished') return reportOf(known, resume, [])
  const where = stateDir === undefined ? [] : ['--state-dir', resolve(stateDir)]
  const clean = shellText(['runs', runId, '--clean', ...where])
  const changed = await changedInputs(known, withArchives(systemPlatform.files))
  return reportOf(known, resume, waysToResume(known, changed, resume, clean))
}

async function print(
  settings: RunsSettings,
  call: Call,
  { runs, strange, folder }: RunsResult,
  removed: readonly RemovedRun[],
): Promise<void> {
  const { output, args } = call
  for (const { path, reason } of strange) output.note(`${path}: ${reason}`)
  if (settings.clean) return tellRemoved(settings, call, removed)
  if (runs.length === 0) {
    await output.write(
      clean(`no run has a journal in ${folder}: load --run-id NAME keeps one`) + '\n',
    )
  } else if (args.length === 0) {
    await output.write(runsTable(runs, output.paintResult, output.resultColumns))
  } else {
    await output.write(
      runs.map(one => runText(one, output.paintResult, output.resultColumns)).join('\n'),
    )
  }
}

async function tellRemoved(
  { clean: isCleaning }: RunsSettings,
  { output }: Call,
  removed: readonly RemovedRun[],
): Promise<void> {
  if (!isCleaning) return
  const texts = removed.map(({ runId, endedAt }) =>
    endedAt === null ? runId : `${runId} (ended ${endedAt})`,
  )
  const names = texts.length === 0 ? '' : `: ${texts.join(', ')}`
  await output.write(`${clean(`removed ${counted(texts.length, 'journal')}${names}`)}\n`)
}

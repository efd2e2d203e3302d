/* `runs`: lists runs with a journal, their state, and how to resume them. With `--files`: the outcome of each file of one run. With
   `--clean`: removes journals; if a run is unfinished, first removes its tables on the server. Runs of shards: asks the server. */
import { resolve } from 'node:path'
import { DdbError, usageError } from '../../../errors.js'
import { connectServer } from '../../../load/connection/connect.js'
import { deliveryDefaults } from '../../../load/checked-options.js'
import { lockRun, listRuns, readRun, removeOldRuns } from '../../../load/journal/journals.js'
import type { KnownRun, RemovedRun } from '../../../load/journal/journals.js'
import { forgetRun } from '../../../load/register/register.js'
import { forgetShards, lookAtShards } from '../../../load/shards/report.js'
import { readCredentials, serverOf, type Login } from '../../options/login.js'
import { systemPlatform } from '../../../platform/system-files.js'
import { withArchives } from '../../../source/archive/archives.js'
import { version } from '../../../version.js'
import { checkStateFolder } from '../../files/state.js'
import type { Call } from '../command.js'
import {
  auditCommand,
  isOfShards,
  journalFolder,
  knownRun,
  optionsPastRejects,
  withJournaled,
} from './known-run.js'
import type { Settings } from '../../options/options.js'
import { runCommand } from '../../options/shell-command.js'
import { endFailed, nextCommand } from '../../output/failures.js'
import {
  inputProgress,
  reportOf,
  runsTable,
  runText,
  waysToResume,
} from '../../output/run-report.js'
import type { RunReport } from '../../output/run-report.js'
import { summaryLines } from '../../output/summary.js'
import { clean, counted, grouped, jsonLine, tableLines } from '../../output/output.js'

type FoundRuns = Awaited<ReturnType<typeof foundRuns>>

export type RunsResult = ReturnType<typeof objectOf>

/** Printed by `--json`; every field is always present. `strange`: journals that cannot be relied on. */
const objectOf = (folder: string, found: FoundRuns, removed: readonly RemovedRun[]) => ({
  ...{ schema: 'ddb-ingest/runs/2', version, exitCode: 0, folder: `${folder}/runs`, ...found },
  ...{ removed: removed.map(({ runId }) => runId), error: null as object | null },
})

/** @returns the exit code @throws {DdbError} DDB_RUN_MISSING; with `--clean` also the errors of `cleanRuns` */
export async function run(settings: Settings<'runs'>, call: Call): Promise<number> {
  const folder = journalFolder(settings, call.processEnvironment)
  if (settings.files === true) return printRunFiles(settings, call, folder)
  const removed: RemovedRun[] = []
  let found: FoundRuns = { runs: [], strange: [] }
  try {
    const shown = await runShards(settings, call, folder)
    if (shown !== undefined) return shown
    checkStateFolder(call.processEnvironment.environment, call.output.note, folder)
    if (settings.clean) await cleanRuns(settings, call, folder, removed)
    found = await foundRuns(settings, call.args, folder)
  } catch (error) {
    if (settings.clean && !settings.printJson)
      await tellRemoved(call, removed).catch(() => undefined)
    return endFailed(call.output, error, settings.printJson && objectOf(folder, found, removed))
  }
  const object = objectOf(folder, found, removed)
  if (settings.printJson) await call.output.writeData(jsonLine(object))
  else await print(settings, call, object, removed)
  return 0
}

/**
 * Prints what the server knows of a run that shards load, which has no journal, or removes it. @throws {DdbError} DDB_RUN_MISSING
 * @returns 0 only if everything is loaded; undefined unless the user names a server, and one run that has no journal
 */
async function runShards(settings: Settings<'runs'>, call: Call, folder: string) {
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

/** The named runs, or all runs if none is named, without those that `--clean` removed. */
async function foundRuns(settings: Settings<'runs'>, names: readonly string[], folder: string) {
  const isAll = settings.clean === true || names.length === 0
  const none = { runs: [], strange: [] }
  const { runs, strange } = isAll ? await listRuns(folder, systemPlatform.files) : none
  const known: KnownRun[] = [...runs]
  for (const name of isAll ? [] : names) known.push(await knownRun(folder, name, { holder: true }))
  return { runs: await Promise.all(known.map(one => reportOn(one, settings, isAll))), strange }
}

/** Names of changed inputs, by size and time; a process that resumes also compares content. Followed files grow, and count as the same. */
async function changedInputs({ run, journal }: KnownRun): Promise<string[]> {
  const files = withArchives(systemPlatform.files)
  const changed: string[] = []
  const inputs = run.options.input?.follow === true ? [] : journal.inputs
  for (const { path, fingerprint, detected } of inputs) {
    const now = await files.status(resolve(run.folder, path)).catch(() => undefined)
    // The run takes it as it is if nothing was read of it.
    if (now !== undefined && detected === undefined) continue
    const { sizeBytes, modifiedMs } = fingerprint
    if (now?.sizeBytes !== sizeBytes || Math.floor(now.modifiedMs) !== modifiedMs)
      changed.push(path)
  }
  return changed
}

async function reportOn(
  known: KnownRun,
  { stateDir }: Settings<'runs'>,
  isAll: boolean,
): Promise<RunReport> {
  const { runId, run, journal, state } = known
  const { rejects, target } = run.options
  const past = journal.end === undefined ? [] : optionsPastRejects(runId, rejects, journal.end)
  const resume = runCommand('resume', runId, stateDir, past)
  // Inputs of finished runs may go. Who names such a run may want it to go on with changed inputs.
  if (state === 'running' || (isAll && state === 'finished')) return reportOf(known, resume, [])
  const clean = runCommand('runs', runId, stateDir, ['--clean'])
  const changed = await changedInputs(known)
  const audit = auditCommand(runId, stateDir, target)
  return reportOf(known, resume, waysToResume(known, changed, { resume, audit, clean }))
}

async function print(
  { clean: cleans, stateDir }: Settings<'runs'>,
  call: Call,
  { runs, strange, folder }: RunsResult,
  removed: readonly RemovedRun[],
): Promise<void> {
  const { output, args } = call
  for (const { path, reason } of strange) output.note(`${path}: ${reason}`)
  if (cleans) return tellRemoved(call, removed)
  const { paintResult, resultColumns } = output
  const text =
    runs.length === 0
      ? `${clean(`no run has a journal in ${folder}: load --run-id NAME keeps one`)}\n`
      : args.length === 0
        ? runsTable(runs, paintResult, resultColumns, stateDir)
        : runs.map(one => runText(one, paintResult, resultColumns, stateDir)).join('\n')
  await output.write(text)
}

async function tellRemoved({ output }: Call, removed: readonly RemovedRun[]): Promise<void> {
  const texts = removed.map(({ runId, endedAt }) =>
    endedAt === null ? runId : `${runId} (ended ${endedAt})`,
  )
  const names = texts.length === 0 ? '' : `: ${texts.join(', ')}`
  await output.write(`${clean(`removed ${counted(texts.length, 'journal')}${names}`)}\n`)
}

/**
 * Prints the outcome of each file of one run. `done`: all outcomes known. `uncertain`: some unknown. `begun`: some rows were sent. `waiting`:
 * nothing was read. @throws {DdbError} DDB_RUN_MISSING, DDB_RUN_DAMAGED
 */
async function printRunFiles(settings: Settings<'runs'>, call: Call, folder: string) {
  const { output, args } = call
  const [runId, other] = args
  if (runId === undefined || other !== undefined) {
    throw usageError('--files needs the name of one run')
  }
  const report = { schema: 'ddb-ingest/runs-files/1', version, exitCode: 0, runId }
  try {
    const files = filesOf(await knownRun(folder, runId))
    if (settings.printJson) await output.writeData(jsonLine({ ...report, files, error: null }))
    else {
      const rows = files.map(({ path, state, rows, rejected, at }) => [
        ...[clean(path), state, grouped(rows), grouped(rejected)],
        at?.replace(/\.\d+Z$/, 'Z') ?? '',
      ])
      const heads = ['file', 'state', 'rows', 'rejected', 'when']
      const lines = tableLines([heads, ...rows], column => column === 2 || column === 3)
      await output.write(lines.map(line => `${line}\n`).join(''))
    }
    return 0
  } catch (error) {
    return endFailed(output, error, settings.printJson && { ...report, files: [] })
  }
}

/** Rows count as read so far, including rejected ones; `at` is when the file was read to its end. Unknown values are null. */
function filesOf({ journal }: KnownRun) {
  const { inputs, rejects } = journal
  const progressOf = inputProgress(journal)
  return inputs.map((input, index) => {
    const { path, fingerprint, summary, readAt, detected } = input
    const { settled, isDone, uncertain } = progressOf(index)
    const known = summary !== undefined && isDone ? 'done' : detected ? 'begun' : 'waiting'
    return {
      path,
      state: uncertain.length > 0 ? 'uncertain' : known,
      rows: summary?.rows ?? settled.records,
      rejected: rejects?.byInput[path]?.rejected ?? summary?.rejected ?? 0,
      at: readAt ?? null,
      sizeBytes: fingerprint.sizeBytes,
    }
  })
}

/**
 * Removes the named runs, or, without names, finished runs that ended long ago.
 * @param removed  receives the runs whose journals were removed, one by one
 * @throws {DdbError} DDB_RUN_MISSING, DDB_RUN_DAMAGED, DDB_LOCKED while a process works on the run, DDB_CONFIG
 * @throws {ConnectionError} DDB_CONNECT: the journal stays as long as the server cannot be reached
 */
async function cleanRuns(
  settings: Settings<'runs'>,
  call: Call,
  folder: string,
  removed: RemovedRun[],
): Promise<void> {
  const { files } = systemPlatform
  if (call.args.length === 0) return removeOldRuns(folder, systemPlatform, removed)
  // Reads each user's password only once, because standard input delivers it once.
  const logins = new Map<string | undefined, Login>()
  for (const runId of call.args) {
    await knownRun(folder, runId, { evenDamaged: true })
    const held = await lockRun(folder, runId, files)
    try {
      const known = await readRun(folder, runId, files, { evenDamaged: true })
      if (known === undefined) continue
      const { token, options, folder: begunIn, replaces } = known.run
      // A process that started the run over may have ended before it removed what it replaces.
      const tokens = [token, ...((known.journal.ledgerNumber === 0 && replaces?.tokens) || [])]
      const forget = async (): Promise<void> => {
        const given = withJournaled(settings, call.sources, options.server, begunIn)
        const { server } = given.options
        const login = logins.get(server.user) ?? (await readCredentials(given, call))
        logins.set(server.user, login)
        const session = await connectServer(systemPlatform, { ...server, ...login })
        const asking = { session, timeoutMs: deliveryDefaults.confirmTimeoutMs }
        try {
          for (const one of tokens) await forgetRun(asking, runId, BigInt(`0x${one}`))
        } finally {
          await session.close().catch(() => undefined)
        }
      }
      if (known.state !== 'finished' || known.damage !== undefined) await forget()
      // Without the journal, the server's entry for the run is useless. A failure to change this entry is only noted.
      else if (known.journal.finished?.isMarked === true) {
        await forget().catch((error: unknown) => {
          if (!(error instanceof DdbError)) throw error
          const still = `the server still has a mark that run "${runId}" has finished`
          call.output.note(`${still}: ${error.message}`)
        })
      }
      files.remove(known.path)
      removed.push({ runId, endedAt: known.journal.end?.at ?? null })
    } finally {
      held.lock.release()
    }
  }
}

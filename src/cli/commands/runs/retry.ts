/*
  `retry`: loads a repaired rejects file as its run loaded its inputs.
*/
import { dirname, resolve } from 'node:path'
import { DdbError, UsageError } from '../../../errors.js'
import { readRun, type KnownRun } from '../../../load/journal/known-runs.js'
import { journalPath } from '../../../load/journal/open-journal.js'
import type { CellOptions, LoadOptions } from '../../../load/options.js'
import { checkRepaired } from '../../../load/rejects/check-repaired.js'
import { reasonsPath } from '../../../load/rejects/reject-file.js'
import {
  readRejectRun,
  refuseWritten,
  retryOptions,
  retryRejectsPath,
  retryRunId,
  type KnownRejects,
} from '../../../load/rejects/reject-run.js'
import { systemPlatform } from '../../../platform/system.js'
import type { Call } from '../command.js'
import { runOnProcess } from '../run-on-process.js'
import { refuseSharedFiles } from '../../files/one-file.js'
import { strangersAt } from '../../files/state-folder.js'
import { fieldsOf } from '../../options/load-field.js'
import { journalFolder } from '../../options/journal/journal-folder.js'
import { serverSettingsOf } from '../../options/journal/journaled-server.js'
import { repeatedFlags, resumeCommand } from '../../options/journal/resume-command.js'
import {
  retryOptions as optionsOfRetry,
  type RetrySettings,
} from '../../options/journal/retry-options.js'
import { serverTargetOf } from '../../options/load-options.js'
import { addressText, shellWord } from '../../options/shell-word.js'
import { passwordSource, readCredentials } from '../../options/password.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(settings: RetrySettings, call: Call): Promise<number> {
  const { args, processEnvironment, output, sources } = call
  const { files } = systemPlatform
  const path = resolve(args[0] ?? '')
  const rejects = settings.rejects ?? retryRejectsPath(path)
  const folder = journalFolder(settings, processEnvironment)
  let known: KnownRejects | undefined
  return runOnProcess(
    {
      settings,
      asked() {
        const options = known?.run.options
        return {
          runId: known && retryRunId(known),
          confirm: options?.delivery?.confirm,
          server: options?.server,
          target: options?.target ?? {},
        }
      },
      async check() {
        if (args[0] === '-') {
          throw new UsageError(
            'DDB_USAGE',
            'retry takes the file that a run wrote its rejects into',
          )
        }
        known = await readRejectRun(path, files)
        refuseStrange(known, reasonsPath(path), settings)
        await refuseWritten(path, files)
        const journal = journalPath(folder, retryRunId(known))
        const inputs = [path, reasonsPath(path)]
        await refuseSharedFiles({ ...settings, rejects, journal }, inputs, call)
      },
      async options(trace) {
        const asked = optionsOf(known!, path, rejects, settings)
        const { encoding } = settings
        await checkRepaired(known!.run, asked, encoding !== undefined, files)
        const journaled = known!.run.options.server
        const server = serverSettingsOf(settings, journaled)
        const credentials = await readCredentials(
          server,
          passwordSource(sources),
          processEnvironment,
          false,
          output,
        )
        const runId = retryRunId(known!)
        const before = await readRun(folder, runId, files)
        const restart = settings.restart ?? (isUntouched(before) || undefined)
        if (restart !== true) refuseCopy(path, runId, before)
        return {
          ...asked,
          server: {
            ...protectionOf(known!),
            ...serverTargetOf(server, credentials, trace),
          },
          runId,
          journal: {
            folder,
            workingFolder: dirname(path),
            ...(restart === undefined ? {} : { restart }),
          },
        }
      },
      goOn(server) {
        const { stateDir } = settings
        const journaled = known!.run.options.server
        const repeated = repeatedFlags(sources.flags)
        return Promise.resolve(
          resumeCommand(retryRunId(known!), { stateDir, server, journaled, repeated }),
        )
      },
    },
    call,
  )
}

/**
 * Rows and password go where the reasons say: those that others may have written count only as far as the user repeats
 * them.
 * @throws {UsageError} DDB_USAGE
 */
function refuseStrange({ run }: KnownRejects, reasons: string, given: RetrySettings): void {
  const strangers = strangersAt(reasons)
  if (strangers === undefined) return
  const { user, caFile, certFile, keyFile, otherHosts = [], ...server } = run.options.server
  const named = { user, caFile, certFile, keyFile }
  const flags = {
    user: '--user',
    caFile: '--ca-file',
    certFile: '--cert-file',
    keyFile: '--key-file',
  }
  const missing = (['user', 'caFile', 'certFile', 'keyFile'] as const).flatMap(name => {
    const text = named[name]
    return text === undefined || given[name] !== undefined ? [] : [flags[name], text]
  })
  if (given.host === undefined) {
    missing.unshift('--host', [server, ...otherHosts].map(addressText).join(','))
  }
  if (missing.length === 0) return
  const { owner, isOpenToAll, group } = strangers
  const who =
    owner !== undefined ? `user ${owner}` : isOpenToAll ? 'every user' : `users of group ${group}`
  const as = user === undefined ? 'without a login' : `as user "${user}"`
  throw new UsageError(
    'DDB_USAGE',
    `${who} may have written "${reasons}", by which the rows go to ${addressText(server)}, ${as}: if that is right, ` +
      `confirm it by ${missing.map(shellWord).join(' ')}`,
  )
}

/** What the user says now goes before what the run was told. */
function optionsOf(
  known: KnownRejects,
  path: string,
  rejects: string,
  settings: RetrySettings,
): Omit<LoadOptions, 'server'> {
  const asked = retryOptions(known, path)
  const given = fieldsOf(optionsOfRetry, settings)
  const { maxErrors = '100%' } = settings
  return {
    ...asked,
    input: { ...asked.input, ...given.input },
    cells: cellsOf(asked.cells, given.cells),
    delivery: { ...asked.delivery, ...given.delivery },
    rejects: { file: resolve(rejects), maxErrors },
    ...(settings.expectRows === undefined ? {} : { expectRows: settings.expectRows }),
    ...(settings.expectUnique === undefined ? {} : { expectUnique: settings.expectUnique }),
  }
}

/** A time zone that is given now takes times of any offset. */
function cellsOf(asked: CellOptions = {}, given: CellOptions = {}): CellOptions {
  const { offsets: known, ...others } = asked
  const offsets = { ...(given.timeZone === undefined ? known : {}), ...given.offsets }
  return { ...others, ...given, ...(Object.keys(offsets).length === 0 ? {} : { offsets }) }
}

/** How the run's server was reached holds, unless it is said otherwise; relative paths begin where the run did. */
function protectionOf({ run: { folder, options } }: KnownRejects): Partial<LoadOptions['server']> {
  const { tls, caFile, certFile, keyFile, compress } = options.server
  const files = { caFile, certFile, keyFile }
  return {
    ...(tls === undefined ? {} : { tls }),
    ...(compress === undefined ? {} : { compress }),
    ...Object.fromEntries(
      Object.entries(files).flatMap(([name, file]) =>
        file === undefined ? [] : [[name, resolve(folder, file)]],
      ),
    ),
  }
}

/** The same rejects under two names would be loaded twice. */
function refuseCopy(path: string, runId: string, before: KnownRun | undefined): void {
  const loaded = before?.journal.inputs[0]?.path
  if (loaded === undefined || loaded === path) return
  throw new DdbError(
    'DDB_RUN_CHANGED',
    `rows of "${path}" may be loaded: run "${runId}" has loaded this rejects file as "${loaded}". ` +
      'Go on with that one; if this one holds other rows, load it with `journal.restart`',
  )
}

/** Whether earlier tries have sent nothing, so that the file may hold other rows by now. */
function isUntouched(before: KnownRun | undefined): boolean {
  if (before === undefined || before.holder !== undefined) return false
  const { confirmed, unconfirmed } = before.journal.rows()
  if (confirmed + unconfirmed > 0) return false
  // Rows that are only counted stand at the end of a process; one that was killed may have sent some.
  return before.processes.every(
    ({ end }) => end !== undefined && end.rows.confirmed + end.rows.unconfirmed === 0,
  )
}

/* `audit`: finds out whether every row of the inputs, or of a run, is in a table, or whether a table still matches a certificate. */
import { resolve } from 'node:path'
import { DdbError, usageError, type UsageError } from '../../errors.js'
import { audit } from '../../load/audit/audit.js'
import {
  auditResult,
  isCertificate,
  type AuditedLines,
  type AuditOptions,
  type AuditResult,
  type CertificateOptions,
} from '../../load/audit/audit-result.js'
import { cellsAsFound } from '../../load/inputs/detected.js'
import { rangeText } from '../../load/outcomes/pieces.js'
import { optionsOfShards } from '../../load/shards/report.js'
import { systemPlatform } from '../../platform/system-files.js'
import type { Trace } from '../../client/trace.js'
import { inputsOf, isThere, refuseSharedFiles, refuseTerminal } from '../files/one-file.js'
import { withFiles } from '../files/output-files.js'
import { readJson } from '../files/state.js'
import { defined } from '../options/definition.js'
import { loadOptionsOf, serverOf } from '../options/login.js'
import {
  goTo,
  isOfShards,
  journalFolder,
  knownRun,
  withJournaled,
  withWholePaths,
} from './runs/known-run.js'
import { ofAuditedFiles, type Settings } from '../options/options.js'
import { runId } from '../options/readers.js'
import { newFile, runCommand, sameCommand, shellText } from '../options/shell-command.js'
import { emptyResult } from '../output/summary.js'
import { isReadOnce, printAdvice, takesLines } from '../output/failures.js'
import { grouped, jsonLine } from '../output/output.js'
import { watched, type Call } from './command.js'

/** @returns the exit code; failures of the audit itself are in its result, not thrown */
export async function run(given: Settings<'audit'>, call: Call): Promise<number> {
  const { table: _t, function: _f, ...ofRun } = given
  const chosen: Settings<'audit'> = meansRun(call) ? ofRun : given
  const settings = isOfFiles(chosen) ? chosen : withWholePaths(chosen)
  refuseTerminal(settings, call)
  const failed = (error: unknown): AuditResult =>
    auditResult(emptyResult(settings.options, new Date(), error))
  return withFiles(call, settings, failed, async files => {
    const asked = await optionsOf(settings, call, async (inputs, journal) => {
      const { certificate } = settings
      await refuseSharedFiles({ ...settings, ...defined({ journal }) }, inputs, call)
      const textOf = (result: AuditResult) => result.digest && jsonLine(result)
      await files.add(certificate, { name: 'certificate', textOf })
      return files.open()
    })
    const result = await watched(settings.quiet, call, watch => audit({ ...asked, ...watch }))
    const isUnfinished = 'unfinished' in asked && asked.unfinished
    const show = () => call.output.write(`${summary(result)}\n`)
    return files.publish(result, () => tell(settings, call, result, isUnfinished), show)
  })
}

const isOfFiles = ({ table, function: called }: Settings<'audit'>): boolean =>
  table !== undefined || called !== undefined

/** Whether to audit a run, even if a variable names the table of other loads: unless a flag does, a name that leads nowhere is a run's. */
function meansRun({ args, sources: { flags } }: Call): boolean {
  const isNamed = flags.has('table') || flags.has('function')
  return !isNamed && args.length === 1 && runId.read(args) !== undefined && !isThere(args[0]!)
}

/**
 * What to audit: inputs and a table, or, if no table is named, a certificate or a run.
 * @param openFiles  opens the files of the audit, which must not replace its inputs @throws {UsageError} DDB_USAGE
 */
async function optionsOf(
  settings: Settings<'audit'>,
  call: Call,
  openFiles: (inputs: readonly string[], journal?: string) => Promise<Trace | undefined>,
): Promise<AuditOptions | CertificateOptions> {
  const { columns, missing, shard, confirmTable, certificate: made } = settings
  // Otherwise an audit that writes no certificate could end well.
  const exact = settings.exact ?? (made === undefined ? undefined : true)
  const own = defined({ columns, exact, missing, shard })
  const [named = '-'] = call.args
  if (isOfFiles(settings)) {
    const inputs = await inputsOf(settings, call)
    const trace = await openFiles(inputs)
    return { ...(await loadOptionsOf(settings, inputs, call, trace)), ...own }
  }
  if (call.args.length !== 1 || named === '-') {
    throw usageError('name the table that should have the rows, or the run that loaded them')
  }
  const unused = Object.values(ofAuditedFiles).find(({ name }) => call.sources.flags.has(name))
  if (unused !== undefined) {
    throw usageError(
      `--${unused.name} is for audits of files: a run or a certificate keeps its own. Name the files, and their table with --table`,
    )
  }
  if (isThere(named)) {
    const certificate = readJson(named)
    if (!isCertificate(certificate)) {
      throw usageError(
        `"${named}" is no certificate: to audit an input, name its table with --table`,
      )
    }
    return { certificate, server: await serverOf(settings, call, await openFiles([named])) }
  }
  const folder = journalFolder(settings, call.processEnvironment)
  if (await isOfShards(settings, folder, named)) {
    const asking = await serverOf(settings, call)
    const { target, ...options } = await optionsOfShards(systemPlatform, asking, named)
    if (missing !== undefined && options.unfinished === true) throw wouldSend(named)
    const server = { ...asking, ...defined({ trace: await openFiles(options.inputs) }) }
    return { ...options, target: { ...target, ...defined({ confirmTable }) }, server, ...own }
  }
  const known = await knownRun(folder, named, { holder: true }).catch(async (error: unknown) => {
    await openFiles([])
    throw error
  })
  const { folder: workingFolder, options } = known.run
  const { inputs: recorded } = known.journal
  // Files that came later are no part of it. Followed ones may have other names by now.
  const { include, ...input } = options.input ?? {}
  const isKnown = input.follow !== true && recorded.length > 0
  const inputs = isKnown ? recorded.map(({ path }) => path) : options.inputs
  const paths = inputs.map(input => resolve(workingFolder, input))
  const trace = await openFiles(paths, known.path)
  if (known.holder !== undefined) {
    throw new DdbError(
      'DDB_LOCKED',
      `process ${known.holder.pid} works on run "${named}": audit it when that has ended`,
    )
  }
  if (new Set(recorded.map(({ path }) => path)).size < recorded.length) {
    call.output.note(
      `run "${named}" has followed files that have other names by now: audit these by their names, too`,
    )
  }
  const unfinished = known.state !== 'finished'
  if (missing !== undefined && unfinished) {
    const clean = runCommand('runs', named, settings.stateDir, ['--clean'])
    const later = `resume it, and audit it again, or give it up before \`retry\`: ${clean}`
    call.output.note(`run "${named}" is not finished: ${later}`)
  }
  const journaled = withJournaled(settings, call.sources, options.server, workingFolder)
  const target = { ...options.target, ...defined({ confirmTable }) }
  const server = await serverOf(journaled, call, trace)
  // Names of files may be in columns.
  goTo(known, call.processEnvironment)
  // The first file to be read need not be the one whose times the run has read first.
  const cells = cellsAsFound(options.cells, {}, known.journal.offsets)
  const read = isKnown ? { input, recorded } : { input: { ...input, ...defined({ include }) } }
  return { ...options, ...read, cells, inputs, target, server, unfinished, ...own }
}

const wouldSend = (run: string): UsageError =>
  usageError(
    `run "${run}" is not loaded yet, and its shards would send what --missing finds, too: repeat those that did not end with 0, then audit it again`,
  )

function tell(
  settings: Settings<'audit'>,
  call: Call,
  result: AuditResult,
  isUnfinished = false,
): void {
  const { missing, columns } = settings
  const { output, asked, args, sources } = call
  const isFromFiles = !result.inputs.some(({ path }) => isReadOnce(path))
  for (const notice of result.notices) output.note(notice)
  for (const line of lineTexts(result)) output.note(line)
  if (result.error !== null) {
    output.problem(result.error.message, result.error.code)
    // Options for reading would be of no use: a run keeps its own.
    printAdvice(output, isOfFiles(settings) ? result.error : { code: result.error.code }, asked)
  } else if (result.missingFiles.length > 0 && isUnfinished) {
    output.command('next', runCommand('runs', args[0]!, settings.stateDir))
  } else if (result.missingFiles.length > 0) {
    for (const { path } of takesLines(asked) ? [] : result.missingFiles)
      output.command('next', runCommand('retry', path, settings.stateDir))
  } else if (result.status === 'missing' && missing === undefined && isFromFiles) {
    // What the environment sets about files is not for the audit of a run.
    const flags = isOfFiles(settings) ? asked.flags! : sources.flags
    const same = { command: 'audit', args, flags } as const
    const isChanged = columns === undefined && result.target.function !== null
    const kept = isChanged ? { '--columns': 'COLUMN' } : {}
    output.command(
      'next',
      shellText(sameCommand(same, { '--missing': newFile('missing'), ...kept })),
    )
  }
}

const mostLines = 20

const differences = [
  ['missing', 'missing'],
  ['changed', 'other values under the same key'],
  ['repeated', 'more often in the table'],
] as const

function lineTexts({ lines, rows }: AuditResult): string[] {
  return differences.flatMap(([name, words]) => {
    const shown = lines[name].slice(0, mostLines).map(range => `${words}: ${lineText(range)}`)
    if (lines[name].length <= mostLines) return shown
    return [...shown, `${words}: ${grouped(rows[name]!)} rows in all; --json lists more`]
  })
}

function lineText({ stored, ...range }: AuditedLines): string {
  const values = (stored ?? []).map(({ column, value }) => `${column} ${value || 'NULL'}`)
  const instead = values.length === 0 ? '' : `; a stored row differs in: ${values.join(', ')}`
  return `${rangeText(range)}${instead}`
}

function summary({ status, rows, table }: AuditResult): string {
  const counts = [
    [rows.input, 'rows read'],
    [rows.found, `found in ${table}`],
    [rows.missing, 'missing'],
    [rows.changed || null, 'with other values'],
    [rows.replaced || null, 'replaced by other rows of the same key'],
    [rows.rejected || null, 'rejected'],
    [rows.outside || null, 'outside the partitions'],
    [rows.others || null, 'other rows in the table'],
  ] as const
  const texts = counts.flatMap(([count, words]) =>
    count === null ? [] : [`${grouped(count)} ${words}`],
  )
  return `${status}: ${texts.join(', ')}`
}

/*
  Refuses a run that uses one file in two roles, such as an input and the report: writing would destroy the input. Also refuses to write
  over the program's own files.
*/
import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { UsageError } from '../../errors.js'
import { expandInputs } from '../../load/inputs/expand-inputs.js'
import { isFurtherPath, reasonsPath } from '../../load/rejects/reject-path.js'
import { looksLikeJournal } from '../../load/journal/read-journal.js'
import { parseHolder } from '../../platform/lock-holder.js'
import type { FileStatus } from '../../platform/platform.js'
import type { ExpandedSources } from '../../source/expand-sources.js'
import type { Call } from '../commands/command.js'
import {
  fileKeyOf,
  foldedName,
  isStandardOutput,
  isThere,
  openFileKey,
  placeOf,
} from './file-place.js'
import { stateFolder, stateParts } from './state.js'
import type { ProcessEnvironment } from '../process-environment.js'
import { defined } from '../options/definition.js'
import { clean } from '../output/terminal-text.js'

/** Settings that name a file; each command has some of them. */
export interface FileSettings {
  readonly rejects?: string
  /** Of a run: where its JSON object goes. */
  readonly json?: boolean | { readonly file?: string | undefined }
  readonly metricsFile?: string
  readonly report?: string
  readonly journal?: string
  readonly trace?: string
  readonly stateDir?: string
  readonly issueText?: string
  readonly passwordFile?: string
  readonly secondPasswordFile?: string
  readonly caFile?: string
  readonly certFile?: string
  readonly filesFrom?: string
  /** Patterns that select files in folders. */
  readonly include?: readonly string[]
  readonly path?: string
}

/** Options that select the inputs among the files of the sources. */
type Rules = {
  readonly [Name in 'include' | 'path']?: FileSettings[Name] | undefined
}

/** A path that the user or the program chose for the run. */
interface NamedPath {
  readonly path: string
  /** How the error message names the path: `the input a.csv`, `--report a.html`. */
  readonly label: string
  /** The file's role in the run, for the error message. Paths with different roles must not lead to the same file. */
  readonly part: string
  readonly isWritten: boolean
  /** True if the program chose the name, not the user. */
  readonly isOwn?: boolean
}

/**
 * Checks every path of the run. Opens no file for writing.
 * @param inputs  further files to read; `-` is standard input
 * @returns the expanded inputs; undefined if the run has to expand them itself
 * @throws {UsageError} DDB_USAGE if two roles share a file, or a file to write is part of the program's own state
 */
export async function refuseSharedFiles(
  settings: FileSettings,
  inputs: readonly string[],
  call: Call,
): Promise<ExpandedSources | undefined> {
  const { environment } = call.processEnvironment
  const written = writtenPaths(settings)
  const own = [...written, ...readPaths(settings, call)]
  const open = openFiles(settings, inputs, call.processEnvironment)
  // If none of the run's other files exists yet, none of them is an input, and the inputs need not be expanded.
  const mayBeInputs =
    settings.rejects !== undefined ||
    open.some(({ key }) => key !== undefined) ||
    own.some(({ path }) => isThere(path))
  const nullKey = placeOf('/dev/null').key
  const rejectsName = settings.rejects && placeOf(settings.rejects).name
  const seen = new Map<string, NamedPath & { isStandardOutput: boolean }>()
  const look = (named: NamedPath): void => {
    const place = placeOf(named.path)
    if (rejectsName) refuseFurtherName(rejectsName, named, place.name)
    // A run may both read and write a device or pipe. Two writers would garble each other's output.
    if (place.key === nullKey || (!place.isOrdinary && !named.isWritten)) return
    const other = seen.get(place.key)
    if (other !== undefined && other.part !== named.part) throw shared(other, named.part)
    seen.set(place.key, { ...named, isStandardOutput: isStandardOutput(place.name) })
  }
  for (const named of own) look(named)
  let sources: ExpandedSources | undefined
  if (mayBeInputs) {
    const known = new Set([...seen.keys(), ...open.map(({ key }) => key)])
    const stem = rejectsName && foldedName(basename(rejectsName, extname(rejectsName)))
    const like = await inputsLike(inputs, settings, (path, status) => {
      const isFurther = stem !== undefined && foldedName(basename(path)).startsWith(stem)
      return isFurther || known.has(fileKeyOf(path, status))
    })
    sources = like.sources
    for (const path of like.paths) {
      look({ path, label: `the input ${path}`, part: inputPart, isWritten: false })
    }
  }
  for (const { key, part } of open) {
    const other = key === undefined ? undefined : seen.get(key)
    if (other === undefined || other.part === part) continue
    // Users who write `--json=/dev/stdout` want the object in standard output.
    if (!other.isStandardOutput || part !== standardStream) throw shared(other, part)
  }
  for (const named of written) refuseOwnFile(named, settings, environment)
  return sources
}

/** Refuses a file of the program's own state, such as a journal, unless the program chose the path for this run. */
function refuseOwnFile(
  { path, label, isOwn }: NamedPath,
  { stateDir }: FileSettings,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const what = isOwn === true ? undefined : ownFileAt(path, environment, stateDir)
  if (what === undefined) return
  throw new UsageError('DDB_USAGE', clean(`${label} is ${what}: name another file`))
}

function writtenPaths(settings: FileSettings): NamedPath[] {
  const { rejects, json, metricsFile, report, journal, trace, issueText } = settings
  const paths: NamedPath[] = []
  const add = (path: string, label: string, part: string, isOwn = false): void => {
    paths.push({ path, label, part, isWritten: true, isOwn })
  }
  if (rejects !== undefined) {
    const reasons = reasonsPath(rejects)
    add(rejects, `--rejects ${rejects}`, 'the rejects file')
    add(reasons, `the reasons file ${reasons} of --rejects`, 'the reasons file of --rejects')
  }
  const file = typeof json === 'object' ? json.file : undefined
  if (file !== undefined) add(file, `--json=${file}`, 'the JSON object')
  if (metricsFile !== undefined)
    add(metricsFile, `--metrics-file ${metricsFile}`, 'the metrics file')
  if (report !== undefined) add(report, `--report ${report}`, 'the report')
  if (trace !== undefined) add(trace, `--trace ${trace}`, 'the trace')
  if (issueText !== undefined) add(issueText, `--issue-text ${issueText}`, 'the text for an issue')
  if (journal !== undefined) add(journal, `the journal ${journal}`, 'the journal', true)
  return paths
}

function readPaths(
  { passwordFile, secondPasswordFile, caFile, certFile, filesFrom }: FileSettings,
  { sources }: Call,
): NamedPath[] {
  const paths: NamedPath[] = []
  const add = (path: string, label: string, part: string): void => {
    paths.push({ path, label, part, isWritten: false })
  }
  for (const path of [passwordFile, secondPasswordFile]) {
    if (path !== undefined && path !== '-')
      add(path, `the password file ${path}`, 'the password file')
  }
  for (const path of [caFile, certFile]) {
    if (path !== undefined) add(path, `the file ${path} of TLS`, 'a TLS file')
  }
  for (const path of sources.files ?? []) {
    add(path, `the options file ${path}`, 'an options file')
  }
  if (filesFrom !== undefined && filesFrom !== '-') {
    add(filesFrom, `the list --files-from ${filesFrom}`, 'the list of inputs')
  }
  return paths
}

const inputPart = 'an input'

/** Expands the inputs. Returns those for which `isLike` is true, and those that cannot be expanded. */
async function inputsLike(
  inputs: readonly string[],
  { include, path }: FileSettings,
  isLike: (path: string, status: FileStatus) => boolean,
): Promise<{ paths: readonly string[]; sources?: ExpandedSources }> {
  const found: string[] = []
  const onInput = (path: string, status: FileStatus | undefined): void => {
    if (status !== undefined && isLike(path, status)) found.push(path)
  }
  const expand = (names: readonly string[], rules: Rules): Promise<ExpandedSources> =>
    expandInputs(names, defined(rules), { onInput })
  try {
    const sources = await expand(inputs, { include, path })
    // If standard input is an input, the run has to expand the inputs itself.
    return inputs.includes('-') ? { paths: found } : { paths: found, sources }
  } catch {
    found.length = 0
  }
  for (const input of inputs) {
    // `include` needs a folder or archive; other inputs are expanded without them.
    await expand([input], { include })
      .catch(() => expand([input], {}))
      .catch(() => input !== '-' && found.push(input))
  }
  return { paths: found }
}

const standardStream = 'the standard output or error'

/** Files that the shell has opened for this process. */
function openFiles(
  { passwordFile, filesFrom }: FileSettings,
  inputs: readonly string[],
  { stdin, stdout, stderr }: ProcessEnvironment,
): { key: string | undefined; part: string }[] {
  const keyOf = (stream: object): string | undefined => {
    const { fd } = stream as { fd?: unknown }
    return typeof fd === 'number' ? openFileKey(fd) : undefined
  }
  const files = [stdout, stderr].map(stream => ({ key: keyOf(stream), part: standardStream }))
  if (inputs.includes('-')) return [{ key: keyOf(stdin), part: inputPart }, ...files]
  if (filesFrom === '-') return [{ key: keyOf(stdin), part: 'the list of inputs' }, ...files]
  return passwordFile === '-' ? [{ key: keyOf(stdin), part: 'the password file' }, ...files] : files
}

/**
 * Refuses a name that the run may give to a rejects file: records with different headers get separate rejects files,
 * next to the file that --rejects names.
 */
function refuseFurtherName(rejectsName: string, { label }: NamedPath, name: string): void {
  if (!isFurtherPath(foldedName(rejectsName), foldedName(name))) return
  throw new UsageError(
    'DDB_USAGE',
    clean(`${label} has a name that --rejects may need for further headers: name another file`),
  )
}

function shared({ label }: NamedPath, part: string): UsageError {
  return new UsageError('DDB_USAGE', clean(`${label} is ${part} of this run: name another file`))
}

/**
 * Describes the program's own file at a path, as the end of a sentence; undefined for any other file. Opens only
 * ordinary files, for reading. @param stateDir  as `--state-dir`
 */
export function ownFileAt(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  stateDir?: string,
): string | undefined {
  const { isOrdinary } = placeOf(path)
  // Resolves links, because a journal is a journal under any name.
  const name = realPath(path)
  const states = [stateFolder(environment), ...(stateDir === undefined ? [] : [resolve(stateDir)])]
  const folders = states.flatMap(state => stateParts.map(folder => realPath(join(state, folder))))
  if (folders.some(folder => name === folder || name.startsWith(folder + sep))) {
    return 'among the files that ddb-ingest keeps for itself'
  }
  const start = isOrdinary ? startOf(name) : ''
  if (looksLikeJournal(start)) return 'the journal of a run'
  return parseHolder(start) === undefined ? undefined : 'a lock of ddb-ingest'
}

/** The path with links resolved, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(realPath(folder), basename(path))
  }
}

/** Reads at most this many bytes of a file: more than a lock file has. */
const mostBytes = 4096

function startOf(path: string): string {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const buffer = Buffer.alloc(mostBytes)
      return buffer.toString('utf8', 0, readSync(descriptor, buffer))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return ''
  }
}

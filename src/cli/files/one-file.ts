/*
  Refuses a run that uses one file in two roles, such as an input and the report: writing would destroy the input. Also refuses to write
  over the program's own files.
*/
import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import type { UsageError } from '../../errors.js'
import { usageError } from '../../errors.js'
import { expandInputs } from '../../load/inputs/expand-inputs.js'
import { isFurtherPath, reasonsPath } from '../../load/rejects/reject-path.js'
import { looksLikeJournal } from '../../load/journal/read-journal.js'
import { parseHolder } from '../../platform/file-lock.js'
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

/**
 * The file's role in the run, and how messages name it before its path. Paths with different roles must not lead to the same file.
 */
type Role = readonly [part: string, label: string]

const asInput: Role = ['an input', 'the input ']
const asList: Role = ['the list of inputs', 'the list --files-from ']
const asPassword: Role = ['the password file', 'the password file ']
const asTls: Role = ['a TLS file', 'the TLS file ']
const asOptions: Role = ['an options file', 'the options file ']
const standardStream = 'the standard output or error'

const written = {
  rejects: ['the rejects file', '--rejects '],
  reasons: ['the reasons file of --rejects', 'the reasons file '],
  jsonFile: ['the JSON object', '--json='],
  metricsFile: ['the metrics file', '--metrics-file '],
  report: ['the report', '--report '],
  trace: ['the trace', '--trace '],
  issueText: ['the text for an issue', '--issue-text '],
  journal: ['the journal', 'the journal '],
} as const satisfies Record<string, Role>

const read = {
  passwordFile: asPassword,
  secondPasswordFile: asPassword,
  caFile: asTls,
  certFile: asTls,
  filesFrom: asList,
} as const

type NamedFiles = { readonly [Name in keyof typeof written | keyof typeof read]?: string }

/** Settings that name a file; each command has some of them. */
export interface FileSettings extends Omit<NamedFiles, 'reasons' | 'jsonFile'> {
  /** Of a run: where its JSON object goes. */
  readonly json?: boolean | { readonly file?: string | undefined }
  readonly stateDir?: string
  /** Patterns that select files in folders. */
  readonly include?: readonly string[]
  readonly path?: string
}

/** A path that the user or the program chose for the run. */
interface NamedPath {
  readonly path: string
  readonly role: Role
  readonly isWritten: boolean
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
  { sources: { files = [] }, processEnvironment }: Call,
): Promise<ExpandedSources | undefined> {
  const { rejects } = settings
  const own = [
    ...namedPaths(settings),
    ...files.map(path => ({ path, role: asOptions, isWritten: false })),
  ]
  const open = openFiles(settings, inputs, processEnvironment)
  const nullKey = placeOf('/dev/null').key
  const rejectsName = rejects && placeOf(rejects).name
  const seen = new Map<string, NamedPath & { isStandardOutput: boolean }>()
  const look = (named: NamedPath): void => {
    const place = placeOf(named.path)
    // Records with different headers get separate rejects files, next to the file that --rejects names.
    if (rejectsName && isFurtherPath(foldedName(rejectsName), foldedName(place.name))) {
      throw refusal(named, 'has a name that --rejects may need for further headers')
    }
    // A run may both read and write a device or pipe. Two writers would garble each other's output.
    if (place.key === nullKey || (!place.isOrdinary && !named.isWritten)) return
    const other = seen.get(place.key)
    if (other !== undefined && other.role[0] !== named.role[0]) throw shared(other, named.role[0])
    seen.set(place.key, { ...named, isStandardOutput: isStandardOutput(place.name) })
  }
  for (const named of own) look(named)
  let expanded: ExpandedSources | undefined
  // If none of the run's other files exists yet, none of them is an input, and the inputs need not be expanded.
  if (rejects !== undefined || open.length > 0 || own.some(({ path }) => isThere(path))) {
    const known = new Set([...seen.keys(), ...open.map(({ key }) => key)])
    const stem = rejectsName && foldedName(basename(rejectsName, extname(rejectsName)))
    const like = await inputsLike(inputs, settings, (path, status) => {
      const isFurther = stem !== undefined && foldedName(basename(path)).startsWith(stem)
      return isFurther || known.has(fileKeyOf(path, status))
    })
    expanded = like.sources
    for (const path of like.paths) look({ path, role: asInput, isWritten: false })
  }
  for (const { key, part } of open) {
    const other = seen.get(key)
    if (other === undefined || other.role[0] === part) continue
    // Users who write `--json=/dev/stdout` want the object in standard output.
    if (!other.isStandardOutput || part !== standardStream) throw shared(other, part)
  }
  for (const named of own) {
    if (!named.isWritten || named.role === written.journal) continue
    const what = ownFileAt(named.path, processEnvironment.environment, settings.stateDir)
    if (what !== undefined) throw refusal(named, `is ${what}`)
  }
  return expanded
}

function namedPaths({ json, ...settings }: FileSettings): NamedPath[] {
  const { rejects } = settings
  const jsonFile = typeof json === 'object' ? json.file : undefined
  const reasons = rejects && reasonsPath(rejects)
  const paths: NamedFiles = defined({ ...settings, jsonFile, reasons })
  const pathsOf = (roles: Partial<Record<keyof NamedFiles, Role>>, isWritten: boolean) =>
    Object.entries(roles).flatMap(([name, role]): NamedPath[] => {
      const path = paths[name as keyof NamedFiles]
      return path === undefined || (path === '-' && !isWritten) ? [] : [{ path, role, isWritten }]
    })
  return [...pathsOf(written, true), ...pathsOf(read, false)]
}

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
  const expand = (
    names: readonly string[],
    rules: { [Name in 'include' | 'path']?: FileSettings[Name] | undefined },
  ): Promise<ExpandedSources> => expandInputs(names, defined(rules), { onInput })
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

/** Files that the shell has opened for this process. */
function openFiles(
  { passwordFile, filesFrom }: FileSettings,
  inputs: readonly string[],
  { stdin, stdout, stderr }: ProcessEnvironment,
): { key: string; part: string }[] {
  const streams: (readonly [stream: object, part: string])[] = [
    [stdout, standardStream],
    [stderr, standardStream],
  ]
  if (inputs.includes('-')) streams.unshift([stdin, asInput[0]])
  else if (filesFrom === '-') streams.unshift([stdin, asList[0]])
  else if (passwordFile === '-') streams.unshift([stdin, asPassword[0]])
  return streams.flatMap(([stream, part]) => {
    const { fd } = stream as { fd?: unknown }
    const key = typeof fd === 'number' ? openFileKey(fd) : undefined
    return key === undefined ? [] : [{ key, part }]
  })
}

function shared(named: NamedPath, part: string): UsageError {
  return refusal(named, `is ${part} of this run`)
}

function refusal({ path, role: [, label] }: NamedPath, why: string): UsageError {
  return usageError(clean(`${label}${path} ${why}: name another file`))
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
  // Resolves links, because a journal is a journal under any name.
  const name = realPath(path)
  const states = [stateFolder(environment), ...(stateDir === undefined ? [] : [resolve(stateDir)])]
  const folders = states.flatMap(state => stateParts.map(folder => realPath(join(state, folder))))
  if (folders.some(folder => name === folder || name.startsWith(folder + sep))) {
    return 'among the files that ddb-ingest keeps for itself'
  }
  const start = placeOf(path).isOrdinary ? startOf(name) : ''
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

/** The first bytes of a file, more than a lock has; empty if the file cannot be read. */
function startOf(path: string): string {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    const buffer = Buffer.alloc(4096)
    return buffer.toString('utf8', 0, readSync(descriptor, buffer))
  } catch {
    return ''
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

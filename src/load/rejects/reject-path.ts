/* The names of rejects files, which records share one, what is checked before the first row, and which of the files the run has created. */
import { basename, dirname, extname, join, resolve } from 'node:path'
import { attempt, DdbError, messageOf, option, usageError } from '../../errors.js'
import {
  dataExtensions,
  formats,
  inputFormats,
  recordFormat,
  type InputFormat,
} from '../../parse/formats.js'
import type { RecordShape } from '../../parse/batch.js'
import { fileKey } from '../../platform/file-name.js'
import type { Files, Platform } from '../../platform/platform.js'
import { archiveOf } from '../../source/archive/archives.js'
import { beginsWith, reasonsPath } from '../../source/data-files.js'
import { failureOf, lockPath } from '../journal/journal-file.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import type { RunBasis } from '../run-ending.js'
import type { RejectReading } from './reject.js'

/** `r` and `.csv` of `r.csv`. */
export function partsOf(path: string) {
  const extension = extname(path)
  return { stem: path.slice(0, path.length - extension.length), extension }
}

/** `r.2.csv` for `r.csv`, or `r.2.ndjson` if the records are JSON, because the name shows a reader the format. */
export function furtherPath(
  path: string,
  mark: number | string,
  { format, delimiter }: Pick<RecordShape, 'format' | 'delimiter'>,
) {
  const { stem, extension } = partsOf(path)
  const delimited = delimiter === '\t' ? 'tsv' : 'csv'
  const own = delimiter === undefined ? recordFormat(format as InputFormat) : delimited
  const { extensions } = formats[own]
  const named = extension.slice(1).toLowerCase()
  // With an extension of no format, the reader examines the first bytes, which works for records of any shape.
  const fits = !dataExtensions.includes(named) || extensions.includes(named)
  return `${stem}.${mark}${fits ? extension : `.${extensions[0]}`}`
}

/** Equal for records that can share one header and are read in the same way. Quotes and line ends of the header may differ. */
export function shapeKey(
  { delimiter, fieldNames, fieldCount, text }: RecordShape,
  { quote, escape, decimalComma, trailingDelimiter, set }: Partial<RejectReading> = {},
): string {
  // A file has one encoding, and a reader may need the byte order mark to recognize it.
  const mark = text.encoding === 'utf-8' ? '' : Buffer.from(text.mark).toString('hex')
  const own = [delimiter ?? null, fieldNames ?? fieldCount, text.encoding, mark]
  const known = [quote, escape, decimalComma, trailingDelimiter].map(one => one?.value)
  return JSON.stringify([...own, ...known, set])
}

/** Whether a run with the rejects file `path` may also write `other`: rejects of a different shape, or reasons. */
export function isFurtherPath(path: string, other: string): boolean {
  const { stem, extension } = partsOf(path)
  if (!other.startsWith(stem)) return false
  const name = /^\.(?:[2-9]|[1-9]\d+)(\.\w+)?(?:\.reasons\.ndjson)?$/.exec(other.slice(stem.length))
  const kept = inputFormats.filter(format => recordFormat(format) === format)
  const usual = kept.map(format => `.${formats[format].extensions[0]}`)
  return name !== null && [extension, ...usual].includes(name[1] ?? '')
}

/** `r.s3.csv` for `r.csv`: the rejects of a stream. */
export function pathOfStream(path: string, stream: number): string {
  const { stem, extension } = partsOf(path)
  return `${stem}.s${stream}${extension}`
}

/** Of a file that gets its name when it is complete. */
export function hiddenPath(path: string, mark: string): string {
  return join(dirname(path), `.ddb-ingest-${mark}-${basename(path)}`)
}

/** A path in the journal: its process may have begun in another folder. */
export function pathHere(run: { readonly folder: string } | undefined, path: string): string {
  const there = resolve(run?.folder ?? '', path)
  return there === resolve(path) ? path : there
}

/** A path of this process as the journal has it: whole if the run began in another folder. */
export function pathThere(run: { readonly folder: string } | undefined, path: string): string {
  return pathHere(run, path) === path ? path : resolve(path)
}

/** Equal for all paths of a file, which may not be there yet. Links to a folder count, links to a file do not, because rejects follow none. */
export function placeKey(path: string, files: Files): string {
  const folder = dirname(path)
  const status = attempt(() => files.statusNow(folder))
  return join(status ? fileKey(folder, status) : resolve(folder), basename(path))
}

/** Whether a run with the rejects file `own` may also write `path`, whatever folders lead there. */
export function isOwnPlace(own: string, path: string, files: Files): boolean {
  const [first, place] = [placeKey(own, files), placeKey(path, files)]
  return first === place || isFurtherPath(first, place)
}

/** @param isOwn  whether the run made these files @throws {UsageError} DDB_USAGE for an input @throws {DdbError} DDB_OUTPUT_CREATE */
export function checkRejects(
  path: string,
  inputPaths: Iterable<string>,
  platform: Pick<Platform, 'files' | 'random'>,
  isOwn = (): boolean => false,
): void {
  creating(path, () => {
    refuseInputs(path, inputPaths, platform.files)
    const failure = failureOf(() => checkNew(path, platform))
    // Asked last, because another shard may just have named its files so.
    if (failure !== undefined && !isOwn()) throw failure
  })
}

/** @throws {DdbError} DDB_OUTPUT_CREATE for an error of the system */
export function creating<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (cause instanceof DdbError) throw cause
    const isLong = (cause as NodeJS.ErrnoException).code === 'ENAMETOOLONG'
    const tooLong = `its name is too long, because names of further rejects add to it: name a shorter one with ${option('rejects.file')}`
    throw createError(`cannot create "${path}": ${isLong ? tooLong : messageOf(cause)}`, cause)
  }
}

/** Acts on a file of earlier processes. @throws {DdbError} DDB_OUTPUT_CREATE */
export function continuing<T>({ path }: { readonly path: string }, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw createError(
      `cannot continue with "${path}": ${messageOf(cause)}. Put the file back as it was and repeat the command, ` +
        `or name another file with ${option('rejects.file')}: rows that are no longer in this one are then in no file`,
      cause,
    )
  }
}

/** @throws {Error} the system's, if the longest name that a run may give to reasons of further rejects is too long */
export function checkRoom(path: string, files: Files): void {
  const longest = furtherPath(path, '00000000', { format: 'ndjson', delimiter: undefined })
  files.statusNow(reasonsPath(longest))
}

function refuseInputs(path: string, inputPaths: Iterable<string>, files: Files): void {
  const keyOf = (name: string): string => {
    const status = files.statusNow(name)
    return status ? fileKey(name, status) : ''
  }
  const keys = [path, reasonsPath(path)].map(keyOf).filter(key => key !== '')
  for (const input of keys.length === 0 ? [] : inputPaths) {
    if (input === '-' || !keys.includes(keyOf(archiveOf(input, files) ?? input))) continue
    throw usageError(`"${path}" is an input of this run: name another file to write`)
  }
}

/** Why an existing file cannot take rejects, by the code of the system's error. */
const unfit: Readonly<Record<string, string>> = {
  EEXIST: 'exists and is not empty: load or move it first, or name another',
  ELOOP: 'is a symbolic link, and rejects follow none: name the file itself',
}

function checkNew(path: string, { files, random }: Pick<Platform, 'files' | 'random'>): void {
  if (files.statusNow(path)?.isFile === false) {
    const instead = `name another (in a load, ${option('rejects.onError')} skip leaves bad rows out)`
    throw createError(`"${path}" is not an ordinary file and cannot take records: ${instead}`)
  }
  checkRoom(path, files)
  const reasons = reasonsPath(path)
  const [failure, free] = [path, reasons].map(
    name => failureOf(() => files.openEmpty(name).close()) as NodeJS.ErrnoException | undefined,
  )
  const why = unfit[failure?.code ?? '']
  if (why !== undefined) throw createError(`"${path}" ${why}`)
  if (failure !== undefined && failure.code !== 'ENOENT') throw failure
  // A process that was killed before its first reject was on the disk leaves both empty.
  const lock = free === undefined ? attempt(() => files.lockNow(lockPath(path))) : undefined
  if (lock?.kind === 'held') {
    files.remove(reasons)
    lock.lock.release()
  }
  // A link to none, too.
  else if (free?.code !== 'ENOENT') {
    throw createError(
      `"${reasons}" exists: another run keeps its rejects there, or kept them. ` +
        'Move or remove it if no run needs it, or name another rejects file',
    )
  }
  // Creates a file and removes it, because the mode of a folder does not show whether that is possible.
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const probe = `${folder}.ddb-ingest-${Buffer.from(random.bytes(8)).toString('hex')}`
  files.create(probe).close()
  files.remove(probe)
}

/**
 * Whether the run created these rejects, as their reasons say: another may have the name by now. Truncated ones are compared as far as they go.
 * @param token  of the run's record; undefined to accept earlier runs of this name @throws {DdbError} DDB_OUTPUT_CREATE
 */
export function isOfRun(path: string, runId: string, files: Files, token?: string): boolean {
  const reasons = reasonsPath(path)
  if (attempt(() => files.statusNow(reasons))?.isFile !== true) return false
  const start = `${JSON.stringify({ runId, token }).slice(0, -1)},`
  return continuing({ path }, () => beginsWith(reasons, start, files))
}

/** Removes files of the run's name for rejects that the journal does not count. */
export function removeUncounted(
  { found, now }: Readonly<Record<'found' | 'now', RecordedRun>>,
  own: string,
  { checked: { runId }, platform: { files } }: RunBasis,
): void {
  const here = (path: string): string => pathHere(now.run, path)
  const counted = new Set(found.rejects?.files.map(({ path }) => placeKey(here(path), files)))
  for (const path of new Set(now.rejectsFiles.map(here))) {
    const isOurs = isOwnPlace(own, path, files) && isOfRun(path, runId, files)
    if (!isOurs || counted.has(placeKey(path, files))) continue
    for (const name of [path, reasonsPath(path)])
      if (files.statusNow(name) !== undefined) files.remove(name)
  }
}

/** Whether a run of this name created the rejects under another token. */
export function isOfOtherStart(path: string, runId: string, files: Files, token: string): boolean {
  return isOfRun(path, runId, files) && !isOfRun(path, runId, files, token)
}

/** @throws {DdbError} DDB_OUTPUT_CREATE if an earlier run of this name has left rejects of any stream */
export async function refuseOldRejects(path: string, runId: string, token: string, files: Files) {
  const start = `${partsOf(basename(path)).stem}.s`
  const folder = dirname(path)
  const names: string[] = []
  // What is wrong with the folder shows when a file is made in it.
  await files.readFolder(folder, ({ name }) => void names.push(name)).catch(() => undefined)
  for (const name of names) {
    const [own] = /^\d+\..*(?=\.reasons\.ndjson$)/s.exec(name.slice(start.length)) ?? []
    if (own === undefined || !name.startsWith(start)) continue
    const rejects = join(folder, `${start}${own}`)
    if (isOfOtherStart(rejects, runId, files, token)) throw ofEarlierRun(rejects)
  }
}

export const ofEarlierRun = (path: string): DdbError =>
  createError(
    `"${path}" has rejects of an earlier run: load or move it first, and repeat the shard`,
  )

export function createError(message: string, cause?: unknown): DdbError {
  return new DdbError('DDB_OUTPUT_CREATE', message, { cause })
}

/*
  Expands the user's inputs (files, patterns, folders, archives, `-`) to a list of files. A file with several names becomes one
  input. The program checks that every input exists before it reads the first row.
*/
import { basename, relative, sep } from 'node:path'
import type { UsageError } from '../errors.js'
import { InputError, option, usageError } from '../errors.js'
import { isArchiveName } from './archive/archives.js'
import { newMemberChoice, selectedMembers, type MemberChoice } from './archive/selected-members.js'
import { fileKey } from '../platform/file-identity.js'
import type { Files, FileStatus, FolderEntry } from '../platform/platform.js'
import { systemFiles } from '../platform/system-files.js'
import {
  dataFiles,
  dataFileText,
  newPassedOver,
  passedOverNotice,
  type DataNames,
  type IsData,
  type PassedOver,
  type PassedOverCount,
} from './data-files.js'
import { expandBraces, folderPrefix, globFiles, hasGlob } from './glob.js'
import { missingMessage } from './open-source.js'
import { newPathList, type GrowingPathList, type PathList } from './path-list.js'
import { newSameFiles, sameFilesNotice, type SameFiles } from './same-files.js'

export interface ExpandedSources {
  /** In the given order; the files of one pattern or folder are sorted. Each file appears once, under its first name. */
  readonly paths: PathList
  /** Stored size of each input in bytes; undefined for anything but an ordinary file. */
  readonly sizes: readonly (number | undefined)[]
  readonly sameFiles: SameFiles
  readonly passedOver: PassedOver
  /** Archive members that were not selected. */
  readonly passedMembers?: PassedOver
}

export interface ExpandOptions extends DataNames {
  /** Status of standard input if the shell has redirected a file to it. */
  readonly stdin?: FileStatus | undefined
  /** Default: the machine's files. */
  readonly files?: Files
  /** Called for each name that leads to an input; `status` is undefined for standard input. */
  readonly onInput?: (path: string, status: FileStatus | undefined) => void
  /** Called if `path` is another name of a file that is already an input under the name `input`. */
  readonly onSame?: (path: string, input: string) => void
}

/**
 * @param inputs  paths, patterns (`day=*-t.csv`), folders, or `-` for standard input
 * @throws {InputError} DDB_INPUT_MISSING for a path that does not exist, may not be read, or yields no file
 * @throws {UsageError} DDB_USAGE for invalid patterns, `include` without a folder or an archive
 */
export async function expandSources(
  inputs: readonly string[],
  { extensions, include, stdin, files = systemFiles, onInput, onSame }: ExpandOptions,
): Promise<ExpandedSources> {
  const paths = newPathList()
  const sameFiles = newSameFiles(index => paths.at(index)!, onSame)
  const asksStdin = stdin?.isFile === true && inputs.includes('-')
  const stdinKey = asksStdin ? fileKey('-', stdin) : undefined
  const sizes: (number | undefined)[] = []
  const expansion: Expansion = {
    files,
    paths,
    isData: dataFiles({ extensions, include }),
    extensions,
    byPattern: include !== undefined && include.length > 0,
    passedOver: newPassedOver(),
    folders: 0,
    looked: onInput,
    inArchives: newMemberChoice({ extensions, include }, onSame),
    // Keeps only the size of each input, because there may be a million files.
    isInput(path, status) {
      onInput?.(path, status)
      if (asksStdin && status !== undefined && fileKey(path, status) === stdinKey) {
        throw alsoStdin(path)
      }
      if (!sameFiles.isFirst(path, sizes.length, status)) return false
      sizes.push(status?.isFile === true ? status.sizeBytes : undefined)
      return true
    },
  }
  for (const input of inputs) {
    if (input === '-') addNamed(input, undefined, expansion)
    else await expand(input, expansion)
  }
  const { inArchives, passedOver } = expansion
  if (expansion.byPattern && expansion.folders === 0 && inArchives.paths.length === 0) {
    throw usageError(
      `${option('input.include')} says which files of a folder or an archive are data, and no input is one`,
    )
  }
  const { found } = sameFiles
  const both = {
    count: found.count + inArchives.archives.found.count,
    first: [...found.first, ...inArchives.archives.found.first],
  }
  const passedMembers = inArchives.passedOver.files > 0 ? inArchives.passedOver : undefined
  return {
    paths,
    sizes,
    sameFiles: both,
    passedOver,
    ...(passedMembers && { passedMembers }),
  }
}

interface Expansion {
  readonly files: Files
  readonly isData: IsData
  readonly extensions: readonly string[]
  /** True if the user set `input.include`. */
  readonly byPattern: boolean
  readonly passedOver: PassedOverCount
  folders: number
  readonly inArchives: MemberChoice
  /** Called for every name that leads to an input, and for archives. */
  readonly looked: ExpandOptions['onInput']
  /** The inputs so far, followed by the candidates from the pattern or folder that is being expanded. */
  readonly paths: GrowingPathList
  /** @param status  undefined for standard input */
  readonly isInput: (path: string, status: FileStatus | undefined) => boolean
}

async function expand(input: string, expansion: Expansion): Promise<void> {
  const { files } = expansion
  let status: FileStatus
  try {
    status = await files.status(input)
  } catch (cause) {
    const names = expandBraces(input)
    if (names.length > 1) {
      // Each file named by a list in braces must exist, while a pattern may match no file.
      for (const name of names) await expand(name, expansion)
      return
    }
    if (hasGlob(input)) return expandGlob(input, expansion)
    throw missing(input, missingMessage(input, cause), cause)
  }
  if (status.isFolder) return expandFolder(input, expansion)
  await checkReadable(input, status, files)
  if (!status.isFile || !isArchiveName(input)) return addNamed(input, status, expansion)
  for (const member of await membersOf(input, status, expansion)) {
    addNamed(member.path, member.status, expansion)
  }
}

/**
 * Lists the inputs in an archive; empty if the archive was already read under a different name.
 * @param isNamed  false if `include` has selected the archive itself, in a folder: its members then need no pattern
 */
async function membersOf(
  path: string,
  status: FileStatus,
  { files, inArchives, looked }: Expansion,
  isNamed = true,
): Promise<{ path: string; status: FileStatus }[]> {
  looked?.(path, status)
  if (!inArchives.archives.isFirst(path, inArchives.paths.length, status)) return []
  inArchives.paths.push(path)
  return selectedMembers(path, status, files, inArchives, isNamed)
}

function addNamed(
  path: string,
  status: FileStatus | undefined,
  { paths, isInput }: Expansion,
): void {
  if (!isInput(path, status)) return
  const name = Math.max(path.lastIndexOf('/'), path.lastIndexOf(sep)) + 1
  paths.add(path.slice(0, name), path.slice(name))
}

async function expandGlob(pattern: string, expansion: Expansion): Promise<void> {
  const { files, paths } = expansion
  const first = paths.length
  await globFiles(pattern, files, paths, (folder, cause) => {
    throw missing(folder, missingMessage(folder, cause), cause)
  })
  if (paths.length === first) throw missing(pattern, `no file matches "${pattern}"`)
  await keepInputs(first, expansion, true, () => true)
}

async function expandFolder(folder: string, expansion: Expansion): Promise<void> {
  const { files, isData, extensions, byPattern, passedOver, paths } = expansion
  expansion.folders++
  const first = paths.length
  let own = ''
  let prefix = ''
  await readFolder(folder, files, ({ name, folder: itsFolder, isFolder }) => {
    if (isFolder) return
    if (own !== itsFolder) prefix = folderPrefix((own = itsFolder))
    if (isData(name, () => pathBelow(folder, prefix + name))) paths.add(prefix, name)
    else passedOver.add(prefix + name, name)
  })
  paths.sortFrom(first)
  let found = 0
  await keepInputs(first, expansion, !byPattern, (path, { isFile }) => {
    if (isFile) found++
    else passedOver.add(path, basename(path), true)
    return isFile
  })
  if (found > 0) return
  const what = byPattern ? `file that ${option('input.include')} names` : dataFileText(extensions)
  throw missing(folder, `the folder "${folder}" holds no ${what}`)
}

export function sourceNotices({
  sameFiles,
  passedOver,
  passedMembers,
}: Pick<ExpandedSources, 'sameFiles' | 'passedOver' | 'passedMembers'>): string[] {
  const members = passedMembers && passedOverNotice(passedMembers, 'archives')
  return [sameFilesNotice(sameFiles), passedOverNotice(passedOver), members].filter(
    notice => notice !== undefined,
  )
}

/** The path relative to the folder, with `/` between parts as in patterns. */
export function pathBelow(folder: string, path: string): string {
  return relative(folder, path).replaceAll(sep, '/')
}

/** Filters the candidates, which are the paths from `first` on, and keeps those that are inputs. */
async function keepInputs(
  first: number,
  expansion: Expansion,
  isNamed: boolean,
  isTaken: (path: string, status: FileStatus) => boolean,
): Promise<void> {
  const { files, paths, isInput } = expansion
  /** Status of archive members by index. Members follow the files of the folder. */
  const inArchives = new Map<number, FileStatus>()
  let kept = first
  for (let i = first; i < paths.length; i++) {
    const path = paths.at(i)!
    const member = inArchives.get(i)
    const status = member ?? statusOf(path, files)
    if (!isTaken(path, status)) continue
    if (member === undefined && status.isFile && isArchiveName(path)) {
      for (const one of await membersOf(path, status, expansion, isNamed)) {
        inArchives.set(paths.length, one.status)
        paths.add('', one.path)
      }
      continue
    }
    const wait = member === undefined ? checkReadable(path, status, files) : undefined
    if (wait !== undefined) await wait
    if (isInput(path, status)) paths.move(i, kept++)
  }
  paths.cut(kept)
}

async function readFolder(
  folder: string,
  files: Files,
  found: (entry: FolderEntry) => void,
): Promise<void> {
  try {
    await files.readFolder(folder, true, found)
  } catch (cause) {
    // If the error names an entry inside the folder, the message names this entry, too.
    const { path = folder } = cause as NodeJS.ErrnoException
    const name = typeof path === 'string' ? path : folder
    throw missing(name, missingMessage(name, cause), cause)
  }
}

function statusOf(path: string, files: Files): FileStatus {
  let status: FileStatus | undefined
  try {
    status = files.statusNow(path)
  } catch (cause) {
    throw missing(path, missingMessage(path, cause), cause)
  }
  if (status !== undefined) return status
  const gone = Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  throw missing(path, missingMessage(path, gone), gone)
}

/** Returns a promise only if the file's mode leaves doubt, because a promise per file is slow for a million files. */
function checkReadable(
  path: string,
  { isForAll }: FileStatus,
  files: Files,
): Promise<void> | undefined {
  if (isForAll === true) return undefined
  return files.checkReadable(path).catch((cause: unknown) => {
    throw missing(path, missingMessage(path, cause), cause)
  })
}

/** The error for a file that is also on standard input. A shell may already have read the start of standard input. */
function alsoStdin(path: string): UsageError {
  return usageError(
    `"${path}" is on standard input, too, and would be loaded twice: name it once, as a file or as -`,
  )
}

function missing(file: string, message: string, cause?: unknown): InputError {
  return new InputError('DDB_INPUT_MISSING', message, { file }, { cause })
}

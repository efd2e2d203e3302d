/*
  What the user named as input, as the list of files it means: files, patterns, folders, archives, `-`. A file that is reached by
  several names is one input. Everything is checked to be there before the first row is read.
*/
import { basename, relative, sep } from 'node:path'
import { InputError, UsageError } from '../errors.js'
import { isArchiveName } from './archive/archives.js'
import { newMemberChoice, takenMembers, type MemberChoice } from './archive/taken-members.js'
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

/** What the sources of a run mean. */
export interface ExpandedSources {
  /** In the order given, those of one pattern or folder sorted; `-` stays `-`. Each file once, by its first name. */
  readonly paths: PathList
  /** Bytes of each as it lies on disk; undefined for what is no plain file. */
  readonly sizes: readonly (number | undefined)[]
  readonly sameFiles: SameFiles
  readonly passedOver: PassedOver
  /** Members of archives that were not taken. */
  readonly passedMembers?: PassedOver
  /** Inputs that are left out, since their paths do not match. */
  readonly unmatched?: readonly string[]
}

/** How sources are understood. */
export interface ExpandOptions extends DataNames {
  /** Patterns of the members that are taken from archives, as `include` for files of folders. */
  readonly members?: readonly string[] | undefined
  /** Of standard input, where a shell has opened it. */
  readonly stdin?: FileStatus | undefined
  /** The machine's when left out. */
  readonly files?: Files
  /** Told of each name that leads to an input; `status` is undefined for standard input. */
  readonly onInput?: (path: string, status: FileStatus | undefined) => void
  /** Told of each name of a file that is an input already, by the name `input`. */
  readonly onSame?: (path: string, input: string) => void
}

/**
 * @param inputs  paths, patterns (`day=*-t.csv`), folders, or `-` for standard input
 * @throws {InputError} DDB_INPUT_MISSING for what is not there, may not be read, or gives no file
 * @throws {UsageError} DDB_USAGE for patterns of `include` that cannot be, or that no folder is there for
 */
export async function expandSources(
  inputs: readonly string[],
  { extensions, include, members, stdin, files = systemFiles, onInput, onSame }: ExpandOptions,
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
    inArchives: newMemberChoice({ extensions, members }, onSame),
    // Of a million files nothing else is kept.
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
  if (expansion.byPattern && expansion.folders === 0) {
    throw new UsageError(
      'DDB_USAGE',
      '`input.include` says which files of a folder are data, and no input is a folder',
    )
  }
  const { inArchives, passedOver } = expansion
  if (inArchives.byPattern && inArchives.paths.length === 0) {
    throw new UsageError(
      'DDB_USAGE',
      '`input.members` says which members of an archive are data, and no input is an archive',
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
  /** `include` was given. */
  readonly byPattern: boolean
  readonly passedOver: PassedOverCount
  folders: number
  readonly inArchives: MemberChoice
  /** Told of archives, too. */
  readonly looked: ExpandOptions['onInput']
  /** The inputs; after them those of a pattern or folder, until their turn has come. */
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
      // Each of them has to be there.
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

/** Inputs of an archive; none of one that has another name already. */
async function membersOf(
  path: string,
  status: FileStatus,
  { files, inArchives, looked }: Expansion,
): Promise<{ path: string; status: FileStatus }[]> {
  looked?.(path, status)
  if (!inArchives.archives.isFirst(path, inArchives.paths.length, status)) return []
  inArchives.paths.push(path)
  return takenMembers(path, status, files, inArchives)
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
  await keepInputs(first, expansion, () => true)
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
  await keepInputs(first, expansion, (path, { isFile }) => {
    if (isFile) found++
    else passedOver.add(path, basename(path), true)
    return isFile
  })
  if (found > 0) return
  const what = byPattern ? 'file that `input.include` names' : dataFileText(extensions)
  throw missing(folder, `the folder "${folder}" holds no ${what}`)
}

/** What is to be said of files that are not read, or not twice. */
export function sourceNotices({
  sameFiles,
  passedOver,
  passedMembers,
  unmatched = [],
}: Pick<ExpandedSources, 'sameFiles' | 'passedOver' | 'passedMembers' | 'unmatched'>): string[] {
  const what = unmatched.length === 1 ? 'an input' : `${unmatched.length} inputs`
  const leftOut =
    unmatched.length === 0
      ? undefined
      : `left out ${what} whose path does not match \`input.path\`, such as "${unmatched[0]}"`
  const members = passedMembers && passedOverNotice(passedMembers, 'archives')
  return [sameFilesNotice(sameFiles), passedOverNotice(passedOver), members, leftOut].filter(
    notice => notice !== undefined,
  )
}

/** With `/` between its parts, as patterns have it. */
export function pathBelow(folder: string, path: string): string {
  return relative(folder, path).replaceAll(sep, '/')
}

/** Of the paths from an index on those that are inputs. */
async function keepInputs(
  first: number,
  expansion: Expansion,
  isTaken: (path: string, status: FileStatus) => boolean,
): Promise<void> {
  const { files, paths, isInput } = expansion
  /** Of members, which follow the files that were found. */
  const inArchives = new Map<number, FileStatus>()
  let kept = first
  for (let i = first; i < paths.length; i++) {
    const path = paths.at(i)!
    const member = inArchives.get(i)
    const status = member ?? statusOf(path, files)
    if (!isTaken(path, status)) continue
    if (member === undefined && status.isFile && isArchiveName(path)) {
      for (const one of await membersOf(path, status, expansion)) {
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
    // One below it, where the system says so.
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

/** @returns what is to be waited for, where its status does not tell: it would be of each of a million files */
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

/** Of the file only what follows the shell's place in it comes on standard input: neither can stand for the other. */
function alsoStdin(path: string): UsageError {
  return new UsageError(
    'DDB_USAGE',
    `"${path}" is on standard input, too, and would be loaded twice: name it once, as a file or as -`,
  )
}

function missing(file: string, message: string, cause?: unknown): InputError {
  return new InputError('DDB_INPUT_MISSING', message, { file }, { cause })
}

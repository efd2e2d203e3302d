/* Expands the user's inputs (files, patterns, folders, archives, `-`) to a list of files. A file with several names becomes one input. The
   program checks that every input exists before it reads the first row. */
import { basename, posix, relative, sep } from 'node:path'
import { InputError, option, usageError } from '../errors.js'
import { archiveOf, archivesOf, isArchiveName, memberStatus } from './archive/archives.js'
import { checkMember } from './archive/zip.js'
import { fileKey } from '../platform/file-name.js'
import type { Files, FileStatus, FolderEntry } from '../platform/platform.js'
import { systemFiles } from '../platform/system-files.js'
import {
  dataFiles,
  dataFileText,
  isHiddenFolder,
  newPassedOver,
  newSameFiles,
  passOver,
  passedOverNotice,
  sameFilesNotice,
  withoutRejects,
  type DataNames,
  type PassedOver,
  type SameFiles,
} from './data-files.js'
import { expandBraces, folderPrefix, globFiles, hasGlob } from './glob.js'
import { missingInput } from './open-source.js'

export interface ExpandedSources {
  /** In the given order; the files of one pattern or folder are sorted. Each file appears once, under its first name. */
  readonly paths: readonly string[]
  /** Stored size of each input in bytes; undefined for anything but an ordinary file. */
  readonly sizes: readonly (number | undefined)[]
  readonly sameFiles: SameFiles
  readonly passedOver: PassedOver
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
  options: ExpandOptions,
): Promise<ExpandedSources> {
  const expansion = newExpansion(inputs, options)
  for (const input of inputs) {
    if (input === '-') expansion.add(input, undefined)
    else await expand(input, expansion)
  }
  const { paths, sizes, sameFiles, passedOver } = expansion
  if (expansion.byPattern && expansion.containers === 0) {
    throw usageError(
      `${option('input.include')} says which files of a folder or an archive are data, and no input is one`,
    )
  }
  return { paths, sizes, sameFiles: sameFiles.found, passedOver }
}

type Expansion = ReturnType<typeof newExpansion>

function newExpansion(
  inputs: readonly string[],
  { extensions, include, stdin, files = systemFiles, onInput, onSame }: ExpandOptions,
) {
  const paths: string[] = []
  const sizes: (number | undefined)[] = []
  const sameFiles = newSameFiles(onSame)
  const stdinKey = stdin?.isFile === true && inputs.includes('-') ? fileKey('-', stdin) : undefined
  return {
    ...{ files, extensions, include, paths, sizes, passedOver: newPassedOver() },
    /** True if the user has set `input.include`. */
    byPattern: include !== undefined && include.length > 0,
    isData: dataFiles({ extensions, include }),
    /** Like `isData`, but by extension, whatever the user has set. */
    isUsual: dataFiles({ extensions }),
    /** Recognizes a file or an archive that was reached under several names. */
    sameFiles,
    containers: 0,
    /** Called for every name that leads to an input, and for archives. */
    looked: onInput,
    /** Adds an input, unless its file is one already. @param status  undefined for standard input */
    add(path: string, status: FileStatus | undefined): void {
      // Keeps only the size of each input, because there may be a million files.
      onInput?.(path, status)
      // A shell may already have read the start of standard input.
      if (stdinKey !== undefined && status && fileKey(path, status) === stdinKey) {
        throw usageError(
          `"${path}" is on standard input, too, and would be loaded twice: name it once, as a file or as -`,
        )
      }
      if (!sameFiles.isFirst(path, status)) return
      paths.push(path)
      sizes.push(status?.isFile === true ? status.sizeBytes : undefined)
    },
  }
}

async function expand(input: string, expansion: Expansion): Promise<void> {
  const { files } = expansion
  let status: FileStatus
  try {
    // Waiting for each of 10,000 names takes as long as loading them.
    const archive = archiveOf(input, files)
    const now = archive === undefined ? files.statusNow(input) : undefined
    status = now ?? (await files.status(input))
    if (archive !== undefined) expansion.looked?.(archive, files.statusNow(archive))
  } catch (cause) {
    const names = expandBraces(input)
    if (names.length > 1) {
      // Each file named by a list in braces must exist, while a pattern may match no file.
      for (const name of names) await expand(name, expansion)
      return
    }
    if (hasGlob(input)) return expandGlob(input, expansion)
    throw missingInput(input, cause)
  }
  if (status.isFolder) return expandFolder(input, expansion)
  await addFile(input, status, expansion)
}

/**
 * Adds a file, or the inputs in an archive, unless it was already read under a different name.
 * @param isNamed  false if `include` has selected the archive itself, in a folder: its members then need no pattern
 * @returns a promise only if there is something to wait for, because a promise per file is slow for a million files
 */
function addFile(
  path: string,
  status: FileStatus,
  expansion: Expansion,
  isNamed = true,
): Promise<void> | undefined {
  const isArchive = status.isFile && isArchiveName(path)
  const isDoubtful = status.isForAll !== true
  const wait = isDoubtful
    ? expansion.files.checkReadable(path).catch((cause: unknown) => {
        throw missingInput(path, cause)
      })
    : undefined
  if (wait === undefined && !isArchive) return void expansion.add(path, status)
  const add = async (): Promise<void> => {
    await wait
    if (!isArchive) return expansion.add(path, status)
    expansion.looked?.(path, status)
    expansion.containers++
    if (!expansion.sameFiles.isFirst(path, status)) return
    for (const member of await selectedMembers(path, status, expansion, isNamed)) {
      expansion.add(member.path, member.status)
    }
  }
  return add()
}

/** Matches names of archives, which are never loaded as data. */
const nested = /\.(?:zip|7z|rar|tar|tgz|tbz2?|txz|tar\.\w+)$/i

/**
 * Selects the members of an archive by the same rules as the files of a folder. Refuses every nested archive.
 * @returns the members that are inputs, sorted by path
 * @throws {InputError} DDB_INPUT_MISSING if there are none; DDB_INPUT_FORMAT, DDB_INPUT_READ for anything unreadable
 */
async function selectedMembers(
  archive: string,
  status: FileStatus,
  expansion: Expansion,
  isNamed: boolean,
): Promise<{ path: string; status: FileStatus }[]> {
  const { files, extensions, include, passedOver } = expansion
  const byPattern = isNamed && expansion.byPattern
  const isData = isNamed ? expansion.isData : expansion.isUsual
  const members = await archivesOf(files).members(archive)
  const taken: { path: string; status: FileStatus }[] = []
  for (const [index, member] of members.entries()) {
    const path = `${archive}/${member.name}`
    const base = posix.basename(member.name)
    const folders = member.name.split('/').slice(0, -1)
    const isHidden = folders.some(one => isHiddenFolder(one, isNamed ? include : undefined))
    const isTaken = !isHidden && isData(base, () => member.name)
    if (nested.test(base) && (isTaken || !byPattern)) {
      throw new InputError(
        'DDB_INPUT_FORMAT',
        `"${path}" is an archive inside of an archive: unpack it, or leave it out with ${option('input.include')}`,
        { file: path },
      )
    }
    if (!isTaken) passOver(passedOver, path, base, isHidden ? 'hidden' : undefined)
    else if (member.isLink) passOver(passedOver, path, base, 'special')
    else {
      checkMember(member, path)
      taken.push({ path, status: memberStatus(status, member, index) })
    }
  }
  if (taken.length > 0) return taken.sort((a, b) => (a.path < b.path ? -1 : 1))
  const holds = members.length === 0 ? 'is empty: it has no member' : holdsNo(byPattern, extensions)
  throw missing(archive, `the archive "${archive}" ${holds}`)
}

async function expandGlob(pattern: string, expansion: Expansion): Promise<void> {
  const { files, passedOver } = expansion
  const matching = await globFiles(pattern, files, (folder, cause) => {
    throw missingInput(folder, cause)
  })
  const found = withoutRejects(matching, files, passedOver)
  if (found.length === 0) throw missing(pattern, `no file matches "${pattern}"`)
  for (const path of found) {
    const wait = addFile(path, statusOf(path, files), expansion)
    if (wait !== undefined) await wait
  }
}

/**
 * The data files below a folder, sorted. Log rotation may remove files and folders while the list is made.
 * @param unread  called for a folder that cannot be read; if `unread` does not throw, the search continues
 */
export async function filesBelow(
  folder: string,
  rules: Pick<Expansion, 'files' | 'isData' | 'include' | 'passedOver'>,
  unread: (folder: string, cause: NodeJS.ErrnoException) => void,
): Promise<string[]> {
  const { files, isData, include, passedOver } = rules
  const folders = [folder]
  const found: string[] = []
  let own = ''
  let prefix = ''
  const look = ({ name, folder: itsFolder, isFolder }: FolderEntry): void => {
    if (own !== itsFolder) prefix = folderPrefix((own = itsFolder))
    const path = prefix + name
    if (isFolder && !isHiddenFolder(name, include)) folders.push(path)
    else if (!isFolder && isData(name, () => relative(folder, path).replaceAll(sep, '/')))
      found.push(path)
    else passOver(passedOver, path, name)
  }
  // `look` appends subfolders during the loop.
  for (const each of folders) {
    await files.readFolder(each, look).catch((cause: NodeJS.ErrnoException) => unread(each, cause))
  }
  return found.sort()
}

async function expandFolder(folder: string, expansion: Expansion): Promise<void> {
  const { files, extensions, byPattern, passedOver } = expansion
  expansion.containers++
  const found = await filesBelow(folder, expansion, (each, cause) => {
    // If the error names an entry inside the folder, the message names this entry, too.
    throw missingInput(typeof cause.path === 'string' ? cause.path : each, cause)
  })
  let isEmpty = true
  for (const path of withoutRejects(found, files, passedOver)) {
    const status = statusOf(path, files)
    if (!status.isFile) {
      passOver(passedOver, path, basename(path), 'special')
      continue
    }
    isEmpty = false
    const wait = addFile(path, status, expansion, !byPattern)
    if (wait !== undefined) await wait
  }
  if (!isEmpty) return
  throw missing(folder, `the folder "${folder}" ${holdsNo(byPattern, extensions)}`)
}

const holdsNo = (byPattern: boolean, extensions: readonly string[]): string =>
  `holds no ${byPattern ? `file that ${option('input.include')} names` : dataFileText(extensions)}`

export function sourceNotices({
  sameFiles,
  passedOver,
}: Pick<ExpandedSources, 'sameFiles' | 'passedOver'>): string[] {
  return [sameFilesNotice(sameFiles) ?? [], passedOverNotice(passedOver) ?? []].flat()
}

function statusOf(path: string, files: Files): FileStatus {
  try {
    const status = files.statusNow(path)
    if (status !== undefined) return status
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  } catch (cause) {
    throw missingInput(path, cause)
  }
}

function missing(file: string, message: string): InputError {
  return new InputError('DDB_INPUT_MISSING', message, { file })
}

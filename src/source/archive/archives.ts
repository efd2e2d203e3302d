/* Makes zip archives look like folders: `a.zip/1.csv` is opened like any file (docs/decisions/0016-supported-compression.md). */
import { InputError } from '../../errors.js'
import type { DatedFileStatus, Files, FileStatus } from '../../platform/platform.js'
import { memberFile, readDirectory, readMemberNow, type Member } from './zip.js'

export function isArchiveName(name: string): boolean {
  return /\.zip$/i.test(name)
}

/** The possible archives on a path, outermost first, each with the rest of the path as the member. */
function archivesOn(path: string): { archive: string; member: string }[] {
  // Returns early for paths outside archives, because there may be a million files.
  if (!/\.zip[\\/]/i.test(path)) return []
  return [...path.matchAll(/\.zip[\\/]/gi)].map(({ index, 0: { length } }) => ({
    archive: path.slice(0, index + length - 1),
    member: path.slice(index + length).replaceAll('\\', '/'),
  }))
}

/** The archive that contains an input; undefined for an ordinary file. */
export function archiveOf(path: string, files: Files): string | undefined {
  return archivesOn(path).find(({ archive }) => files.statusNow(archive)?.isFile === true)?.archive
}

const known = new WeakMap<Files, Archives>()

/** Returns the same object for the same `files`, so that directories stay in memory between calls. */
export function archivesOf(files: Files): Archives {
  const found = known.get(files) ?? newArchives(files)
  known.set(files, found)
  return found
}

/** Wraps `files` so that a path into an archive opens the archive's member. */
export function withArchives(files: Files): Files {
  if (known.has(files)) return files
  const archives = newArchives(files)
  const wrapped: Files = {
    ...files,
    async open(path) {
      const found = await archives.find(path)
      if (found === undefined) return files.open(path)
      const { archive, member, status } = found
      return memberFile(path, await files.open(archive), member, status)
    },
    readNow(path, buffer, fromBytes, found) {
      const inArchive = archives.findNow(path)
      if (inArchive === undefined) return files.readNow(path, buffer, fromBytes, found)
      found?.(inArchive.status)
      return readMemberNow(inArchive.member, buffer, (into, from) =>
        files.readNow(inArchive.archive, into, from),
      )
    },
    status: async path => (await archives.find(path))?.status ?? files.status(path),
    statusNow: path => archives.findNow(path)?.status ?? files.statusNow(path),
    async checkReadable(path) {
      await files.checkReadable((await archives.find(path))?.archive ?? path)
    },
  }
  known.set(wrapped, archives)
  return wrapped
}

interface Directory {
  readonly status: DatedFileStatus
  readonly members: readonly Member[]
  readonly byName: ReadonlyMap<string, number>
}

/** Limits the archive directories in memory, because each may list a million members. Dropped ones are read again. */
const mostDirectories = 4

type Archives = ReturnType<typeof newArchives>

/** Keeps the directories of the most recently read archives in memory. */
function newArchives(files: Files) {
  const directories = new Map<string, Directory>()
  const directory = async (path: string): Promise<Directory> => {
    const status = await files.status(path)
    const before = directories.get(path)
    if (identity.every(key => before?.status[key] === status[key])) return before!
    const file = await files.open(path)
    try {
      const members = await readDirectory(path, file)
      const byName = new Map(members.map(({ name }, i) => [name, i]))
      const read = { status, members, byName }
      directories.delete(path)
      const [oldest] = directories.keys()
      if (directories.size === mostDirectories) directories.delete(oldest!)
      directories.set(path, read)
      return read
    } finally {
      await file.close()
    }
  }
  const memberIn = (read: Directory, archive: string, name: string) => {
    const index = read.byName.get(name)
    if (index === undefined) return undefined
    const member = read.members[index]!
    return { archive, member, status: memberStatus(read.status, member, index) }
  }
  return {
    /** Lists the files in the archive, in the archive's order. @throws {InputError} as `readDirectory` */
    members: async (path: string) => (await directory(path)).members,
    async find(path: string) {
      for (const { archive, member } of archivesOn(path)) {
        const status = await files.status(archive).catch(() => undefined)
        if (status?.isFile !== true) continue
        const found = memberIn(await directory(archive), archive, member)
        if (found !== undefined) return found
        throw new InputError('DDB_INPUT_MISSING', `"${archive}" has no member "${member}"`, {
          file: path,
        })
      }
      return undefined
    },
    findNow(path: string) {
      for (const { archive, member } of archivesOn(path)) {
        const read = directories.get(archive)
        const found = read && memberIn(read, archive, member)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

const identity = ['sizeBytes', 'modifiedMs', 'inode', 'device'] as const

/** Gives a member a negative inode, because no file has one. */
export function memberStatus(archive: FileStatus, member: Member, index: number): DatedFileStatus {
  const { sizeBytes, compressedBytes, checksum, modifiedMs } = member
  const { inode } = archive
  return {
    ...archive,
    sizeBytes,
    modifiedMs,
    bornNs: 0n,
    changedNs: 0n,
    inode: inode === 0n ? 0n : -((inode << 32n) + BigInt(index) + 1n),
    digest: `crc32:${checksum.toString(16).padStart(8, '0')} ${compressedBytes}`,
  }
}

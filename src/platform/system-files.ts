/*
  Files of the operating system.
*/
import {
  accessSync,
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from 'node:fs'
import { open, opendir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { lockHolder, takeFileLock, takeFileLockNow } from './file-lock.js'
import { nameOfBytes, systemName } from './file-name.js'
import type { Files, FileStatus, FolderEntry, InputFile, OutputFile } from './platform.js'
import { systemClock } from './system-clock.js'

const syncFile = promisify(fdatasync)

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const { S_IFDIR, S_IFMT, S_IFREG } = constants
/** Names of a folder that are asked for together. */
const entriesAtOnce = 1024
/** Stands in texts for bytes that are not UTF-8. */
const lostCharacter = '\ufffd'
const readableByAll = 0o444
/** Without waiting for the reader of a pipe. */
const appending = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK

/** The files that the process sees. */
export const systemFiles: Files = {
  open: openInput,
  readNow,
  status: async path => statusOf(await stat(systemName(path), { bigint: true })),
  statusNow(path) {
    const stats = statSync(systemName(path), { bigint: true, throwIfNoEntry: false })
    return stats && statusOf(stats)
  },
  // Asked of every input in turn: waiting for another thread would take longer than the answer.
  checkReadable: path =>
    new Promise(resolve => resolve(accessSync(systemName(path), constants.R_OK))),
  async readFolder(path, recursive, found) {
    const folders = [path]
    // The list grows as it is gone through.
    for (const folder of folders) {
      await readEntries(folder, entry => {
        if (recursive && entry.isFolder) folders.push(join(folder, entry.name))
        found(entry)
      })
    }
  },
  create: path => outputOf(openSync(systemName(path), appending | O_CREAT | O_EXCL, 0o600)),
  openEmpty,
  reopen(path) {
    const descriptor = openSync(systemName(path), appending)
    if (fstatSync(descriptor).isFile()) return outputOf(descriptor)
    closeSync(descriptor)
    throw Object.assign(new Error(`EINVAL: not an ordinary file, open '${path}'`), {
      code: 'EINVAL',
    })
  },
  makeFolder: path => void mkdirSync(systemName(path), { recursive: true, mode: 0o700 }),
  lock: path => takeFileLock(path, systemClock),
  lockNow: path => takeFileLockNow(path, systemClock),
  lockHolder: path => lockHolder(path, systemClock),
  remove: path => unlinkSync(systemName(path)),
  rename: (from, to) => renameSync(systemName(from), systemName(to)),
}

function statusOf(stats: BigIntStats): FileStatus {
  // A million of them are asked for: arithmetic with BigInt would take longer than the rest.
  const mode = Number(stats.mode)
  const kind = mode & S_IFMT
  return {
    isFile: kind === S_IFREG,
    isFolder: kind === S_IFDIR,
    isForAll: (mode & readableByAll) === readableByAll,
    sizeBytes: Number(stats.size),
    device: stats.dev,
    inode: stats.ino,
    modifiedMs: Number(stats.mtimeMs),
    bornNs: stats.birthtimeNs,
    changedNs: stats.ctimeNs,
  }
}

/** What one folder holds. A name is asked for as bytes where its text may have lost some. */
async function readEntries(folder: string, found: (entry: FolderEntry) => void): Promise<void> {
  const path = systemName(folder)
  let lost = 0
  const entries = await opendir(path, { bufferSize: entriesAtOnce })
  for await (const entry of entries) {
    const { name } = entry
    if (name.includes(lostCharacter)) lost++
    else found({ name, folder, isFolder: entry.isDirectory() })
  }
  if (lost === 0) return
  for (const entry of await readdir(path, { withFileTypes: true, encoding: 'buffer' })) {
    if (!entry.name.toString().includes(lostCharacter)) continue
    found({ name: nameOfBytes(entry.name), folder, isFolder: entry.isDirectory() })
  }
}

async function openInput(path: string): Promise<InputFile> {
  const handle = await open(systemName(path), 'r')
  return {
    status: async () => statusOf(await handle.stat({ bigint: true })),
    read: async (buffer, offset, length) =>
      (await handle.read(buffer, offset, length, null)).bytesRead,
    readAt: async (buffer, offset, length, positionBytes) =>
      (await handle.read(buffer, offset, length, positionBytes)).bytesRead,
    close: () => handle.close(),
  }
}

function readNow(path: string, buffer: Uint8Array): number {
  const descriptor = openSync(systemName(path), O_RDONLY | O_NONBLOCK)
  try {
    return readSync(descriptor, buffer)
  } finally {
    closeSync(descriptor)
  }
}

function openEmpty(path: string): OutputFile {
  const descriptor = openSync(systemName(path), appending)
  const stats = fstatSync(descriptor)
  if (stats.isFile() && stats.size === 0) return outputOf(descriptor)
  closeSync(descriptor)
  throw Object.assign(new Error(`EEXIST: not an empty file, open '${path}'`), { code: 'EEXIST' })
}

function outputOf(descriptor: number): OutputFile {
  return {
    write: bytes => writeSync(descriptor, bytes),
    truncate: sizeBytes => ftruncateSync(descriptor, sizeBytes),
    sync: () => fdatasyncSync(descriptor),
    syncMeanwhile: () => syncFile(descriptor),
    close: () => closeSync(descriptor),
  }
}

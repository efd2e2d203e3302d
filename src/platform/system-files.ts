/*
  Files of the operating system.
*/
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from 'node:fs'
import { access, open, readdir, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { lockHolder, takeFileLock, takeFileLockNow } from './file-lock.js'
import type { Files, FileStatus, InputFile, OutputFile } from './platform.js'
import { systemClock } from './system-clock.js'

const syncFile = promisify(fdatasync)

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants
/** Without waiting for the reader of a pipe. */
const appending = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK

/** The files that the process sees. */
export const systemFiles: Files = {
  open: openInput,
  status: async path => statusOf(await stat(path, { bigint: true })),
  statusNow(path) {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stats && statusOf(stats)
  },
  checkReadable: path => access(path, constants.R_OK),
  async readFolder(path, recursive) {
    const entries = await readdir(path, { withFileTypes: true, recursive })
    return entries.map(entry => ({
      name: entry.name,
      folder: entry.parentPath,
      isFolder: entry.isDirectory(),
    }))
  },
  create: path => outputOf(openSync(path, appending | O_CREAT | O_EXCL, 0o600)),
  openEmpty,
  reopen(path) {
    const descriptor = openSync(path, appending)
    if (fstatSync(descriptor).isFile()) return outputOf(descriptor)
    closeSync(descriptor)
    throw Object.assign(new Error(`EINVAL: not an ordinary file, open '${path}'`), {
      code: 'EINVAL',
    })
  },
  makeFolder: path => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  lock: path => takeFileLock(path, systemClock),
  lockNow: path => takeFileLockNow(path, systemClock),
  lockHolder: path => lockHolder(path, systemClock),
  remove: unlinkSync,
  rename: renameSync,
}

function statusOf(stats: BigIntStats): FileStatus {
  return {
    isFile: stats.isFile(),
    isFolder: stats.isDirectory(),
    sizeBytes: Number(stats.size),
    device: stats.dev,
    inode: stats.ino,
    modifiedMs: Number(stats.mtimeMs),
  }
}

async function openInput(path: string): Promise<InputFile> {
  const handle = await open(path, 'r')
  return {
    status: async () => statusOf(await handle.stat({ bigint: true })),
    read: async (buffer, offset, length) =>
      (await handle.read(buffer, offset, length, null)).bytesRead,
    readAt: async (buffer, offset, length, positionBytes) =>
      (await handle.read(buffer, offset, length, positionBytes)).bytesRead,
    close: () => handle.close(),
  }
}

function openEmpty(path: string): OutputFile {
  const descriptor = openSync(path, appending)
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

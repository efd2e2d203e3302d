/*
  Files of the operating system.
*/
import {
  closeSync,
  constants,
  fdatasyncSync,
  openSync,
  statSync,
  writeSync,
  type BigIntStats,
} from 'node:fs'
import { access, open, readdir, stat } from 'node:fs/promises'
import type { Files, FileStatus, InputFile, OutputFile } from './platform.js'

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
  append: path => outputOf(openSync(path, 'a', 0o600)),
}

function statusOf(stats: BigIntStats): FileStatus {
  return {
    isFile: stats.isFile(),
    isFolder: stats.isDirectory(),
    sizeBytes: Number(stats.size),
    device: stats.dev,
    inode: stats.ino,
  }
}

async function openInput(path: string): Promise<InputFile> {
  const handle = await open(path, 'r')
  return {
    status: async () => statusOf(await handle.stat({ bigint: true })),
    read: async (buffer, offset, length) =>
      (await handle.read(buffer, offset, length, null)).bytesRead,
    close: () => handle.close(),
  }
}

function outputOf(descriptor: number): OutputFile {
  return {
    write: bytes => writeSync(descriptor, bytes),
    sync() {
      try {
        fdatasyncSync(descriptor)
      } catch (error) {
        // Pipes and devices cannot be synced; files can, and must be.
        if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
      }
    },
    close: () => closeSync(descriptor),
  }
}

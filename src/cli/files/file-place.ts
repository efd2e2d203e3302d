/*
  Determines which file a path leads to. Paths lead to one file if they have one inode, or would create the same file.
*/
import { fstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileKey } from '../../platform/file-identity.js'
import type { FileStatus } from '../../platform/platform.js'
import { nameOfBytes, systemName } from '../../platform/file-name.js'

export interface FilePlace {
  /** The same text for all paths of one file. */
  readonly key: string
  /** The path with links resolved, except a link as its last part. */
  readonly name: string
  /** False for devices, pipes and folders; a file that does not exist yet counts as ordinary. */
  readonly isOrdinary: boolean
}

/** Follows links to the file at the path. If no file exists, describes the file that writing would create. */
export function placeOf(path: string): FilePlace {
  const name = nameOf(path)
  const stats = attempt(() => statSync(systemName(path), { bigint: true }))
  // Names that differ only in case may be one file. Only creating the file would show that, so the key ignores case.
  if (stats === undefined) return { key: `name ${foldedName(name)}`, name, isOrdinary: true }
  const key = fileKeyOf(name, { device: stats.dev, inode: stats.ino })
  return { key, name, isOrdinary: stats.isFile() }
}

/** Same as `FilePlace.key`, for an existing file whose status is known. */
export function fileKeyOf(path: string, status: Pick<FileStatus, 'device' | 'inode'>): string {
  return `file ${fileKey(path, status)}`
}

export function isThere(path: string): boolean {
  return attempt(() => statSync(systemName(path))) !== undefined
}

/** The key of the ordinary file that a descriptor has open; undefined for anything else. */
export function openFileKey(descriptor: number): string | undefined {
  const stats = attempt(() => fstatSync(descriptor, { bigint: true }))
  // If the system gives no inode number (0), nothing identifies the file.
  return stats?.isFile() && stats.ino !== 0n ? `file ${stats.dev}:${stats.ino}` : undefined
}

/** Gives the same text for all names of one file on a disk that ignores case. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** Whether the name leads to standard output. Replacing that file would cut off the output. */
export function isStandardOutput(name: string): boolean {
  return name === '/dev/stdout' || name === `/proc/${process.pid}/fd/1` || name === '/dev/fd/1'
}

/** Whether the name is in /dev or /proc, where names can be links to open files. */
export function isSystemName(name: string): boolean {
  return /^\/(?:dev|proc)\//.test(name)
}

function nameOf(path: string): string {
  const folder = attempt(() => realpathSync(systemName(dirname(path)), 'buffer'))
  return join(folder === undefined ? resolve(dirname(path)) : nameOfBytes(folder), basename(path))
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

/*
  What a path stands for: two paths are one file when they lead to one inode, or would make one file.
*/
import { fstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileKey } from '../../platform/file-identity.js'
import type { FileStatus } from '../../platform/platform.js'
import { nameOfBytes, systemName } from '../../platform/file-name.js'

/** One path, looked at without touching anything. */
export interface FilePlace {
  /** Equal for paths that are one file. */
  readonly key: string
  /** The path without links, but for one in its last place. */
  readonly name: string
  /** False for devices, pipes and folders; a file that is not there yet counts as ordinary. */
  readonly isOrdinary: boolean
}

/** What the path leads to, through links, or what would be made there. */
export function placeOf(path: string): FilePlace {
  const name = nameOf(path)
  const stats = attempt(() => statSync(systemName(path), { bigint: true }))
  // Names that differ in case alone are one file on many disks; which ones is not found out without making it.
  if (stats === undefined) return { key: `name ${foldedName(name)}`, name, isOrdinary: true }
  const key = fileKeyOf(name, { device: stats.dev, inode: stats.ino })
  return { key, name, isOrdinary: stats.isFile() }
}

/** As `FilePlace.key`, of a file that is there. */
export function fileKeyOf(path: string, status: Pick<FileStatus, 'device' | 'inode'>): string {
  return `file ${fileKey(path, status)}`
}

/** Whether anything has the name. */
export function isThere(path: string): boolean {
  return attempt(() => statSync(systemName(path))) !== undefined
}

/** The ordinary file behind an open descriptor, undefined when it is another thing. */
export function openFileKey(descriptor: number): string | undefined {
  const stats = attempt(() => fstatSync(descriptor, { bigint: true }))
  // Without a number nothing leads from a descriptor to a name.
  return stats?.isFile() && stats.ino !== 0n ? `file ${stats.dev}:${stats.ino}` : undefined
}

/** As names are compared on disks that do not tell case apart. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** Whether the name is one of standard output's own: what is made anew there would cut it off from where it leads. */
export function isStandardOutput(name: string): boolean {
  return name === '/dev/stdout' || name === `/proc/${process.pid}/fd/1` || name === '/dev/fd/1'
}

/** Whether the name belongs to the system, which puts links to open files there. */
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

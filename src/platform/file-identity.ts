/*
  Whether two paths lead to the same file.
*/
import { resolve } from 'node:path'
import type { FileStatus } from './platform.js'

/** Equal for all names of one file: device and inode. If a file system has no inodes, the path identifies the file. */
export function fileKey(
  path: string,
  { device, inode }: Pick<FileStatus, 'device' | 'inode'>,
): string {
  return inode === 0n ? `path ${resolve(path)}` : `${device}:${inode}`
}

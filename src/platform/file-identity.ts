/*
  Makes keys that are equal if two paths lead to the same file.
*/
import { resolve } from 'node:path'
import type { FileStatus } from './platform.js'

/** A key of device and inode, equal for all names of one file. If the file system has no inodes, the path is the key. */
export function fileKey(
  path: string,
  { device, inode }: Pick<FileStatus, 'device' | 'inode'>,
): string {
  return inode === 0n ? `path ${resolve(path)}` : `${device}:${inode}`
}

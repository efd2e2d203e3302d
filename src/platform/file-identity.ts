/*
  When two paths are one file.
*/
import { resolve } from 'node:path'
import type { FileStatus } from './platform.js'

/**
 * Equal for all names of one file: device and inode. Some file systems number no files; there a file is what its path says.
 */
export function fileKey(
  path: string,
  { device, inode }: Pick<FileStatus, 'device' | 'inode'>,
): string {
  return inode === 0n ? `path ${resolve(path)}` : `${device}:${inode}`
}

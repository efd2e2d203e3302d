/* The files of this machine, on a disk that can fill up. The test can make every call fail. */
import type { OutputFile, Platform } from '../../src/platform/platform.js'
import { systemFiles, systemPlatform } from '../../src/platform/system-files.js'

export type FileCall =
  'create' | 'openEmpty' | 'reopen' | 'remove' | 'write' | 'truncate' | 'sync' | 'close'

export interface Disk {
  /** Space for bytes written through these files. A write that does not fit is cut, and the next write fails. */
  capacityBytes?: number
  writeBytes?: number
  /** Called before every call that can fail. If it returns true, the call fails. */
  fails?: (call: FileCall, path: string) => boolean
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: said the disk`), { code })
}

export function filesOn(disk: Disk) {
  let openCount = 0
  let freeBytes = disk.capacityBytes ?? Infinity
  const ask = (call: FileCall, path: string): void => {
    if (disk.fails?.(call, path)) throw systemError('EIO')
  }
  const outputOn = (path: string, file: OutputFile): OutputFile => {
    let size = systemFiles.statusNow(path)?.sizeBytes ?? 0
    openCount++
    return {
      write(bytes) {
        ask('write', path)
        if (freeBytes === 0) throw systemError('ENOSPC')
        const written = file.write(
          bytes.subarray(0, Math.min(freeBytes, disk.writeBytes ?? Infinity)),
        )
        freeBytes -= written
        size += written
        return written
      },
      truncate(sizeBytes) {
        ask('truncate', path)
        file.truncate(sizeBytes)
        freeBytes += size - sizeBytes
        size = sizeBytes
      },
      // Does not sync the real disk: thousands of syncs would take long and test nothing.
      sync: () => ask('sync', path),
      syncMeanwhile: async () => ask('sync', path),
      close() {
        file.close()
        openCount--
        ask('close', path)
      },
    }
  }
  return {
    ...systemFiles,
    get openCount() {
      return openCount
    },
    create(path: string) {
      ask('create', path)
      return outputOn(path, systemFiles.create(path))
    },
    openEmpty(path: string) {
      ask('openEmpty', path)
      return outputOn(path, systemFiles.openEmpty(path))
    },
    reopen(path: string) {
      ask('reopen', path)
      return outputOn(path, systemFiles.reopen(path))
    },
    remove(path: string) {
      ask('remove', path)
      systemFiles.remove(path)
    },
  }
}

export function platformOn(disk: Disk): Platform {
  return { ...systemPlatform, files: filesOn(disk) }
}

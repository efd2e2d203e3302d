/* Represents file names as texts. Except on Windows, a name can consist of any bytes. A byte that is not UTF-8 becomes a lone surrogate,
   U+DC80 to U+DCFF. Different names therefore have different texts, JSON preserves these texts, and the system gets the original bytes
   back. Python's os.fsdecode does the same (PEP 383). */
import { isUtf8 } from 'node:buffer'
import { resolve, sep } from 'node:path'
import type { FileStatus } from './platform.js'

/** A byte from 0x80 on becomes U+DC00 plus the byte. */
const firstEscape = 0xdc00
const lone = /[\udc80-\udcff]/u
/** A quick first check for escaped bytes and other lone surrogates, because most names have neither. */
const half = /[\udc80-\udcff]/
const isWindows = sep === '\\'

export function nameOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  let name = ''
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at)
    if (length === 0) name += String.fromCharCode(firstEscape + bytes[at++]!)
    else name += bytes.toString('utf8', at, (at += length))
  }
  return name
}

/** A name in the form that the system needs: the text itself, or the bytes of a name that is not UTF-8. */
export function systemName(name: string): string | Buffer {
  if (isWindows || !half.test(name) || !lone.test(name)) return name
  const parts = Array.from(name, character =>
    lone.test(character)
      ? Buffer.of(character.charCodeAt(0) - firstEscape)
      : Buffer.from(character),
  )
  return Buffer.concat(parts)
}

/** Length in bytes of the UTF-8 character at `at`; 0 if no character begins there. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length
  }
  return 0
}

/** A key of device and inode, equal for all names of one file. If the file system has no inodes, the path is the key. */
export function fileKey(
  path: string,
  { device, inode }: Pick<FileStatus, 'device' | 'inode'>,
): string {
  return inode === 0n ? `path ${resolve(path)}` : `${device}:${inode}`
}

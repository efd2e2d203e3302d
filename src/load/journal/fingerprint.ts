/* The state of an input when its run began. A later comparison shows whether a different file has replaced the input. */
import { createHash } from 'node:crypto'
import { attempt, InputError, messageOf } from '../../errors.js'
import type { Files, InputFile } from '../../platform/platform.js'
import { bytesAt } from '../../source/file-chunks.js'
import { keptBytes, knownBirthNs, type ReadPart } from '../../source/follow/followed-file.js'

/** Describes a file as it is stored, before any decompression. */
export interface Fingerprint {
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** Hashes of the first and the last bytes, hexadecimal: `keptBytes` of a followed file, else `endBytes`. */
  readonly head: string
  readonly tail: string
  /** Inode of a followed file, to find it under a different name. Decimal; 0 if the system has no inodes. */
  readonly inode?: string
  /** Creation time of a followed file, if known: ns since the epoch, decimal. */
  readonly born?: string
}

/** Bytes hashed at each end of a file that does not grow. */
const endBytes = 65_536

/** @returns undefined unless the path leads to an ordinary file: only such a file can be read twice @throws {InputError} DDB_INPUT_READ */
export async function fingerprintOf(path: string, files: Files): Promise<Fingerprint | undefined> {
  try {
    // Opened and closed again, a pipe would lose what its writer has written.
    if (!(await files.status(path)).isFile) return undefined
    const file = await files.open(path)
    return await fingerprintOfFile(file).finally(() => file.close())
  } catch (cause) {
    const message = `"${path}" cannot be read: ${messageOf(cause)}`
    throw new InputError('DDB_INPUT_READ', message, { file: path }, { cause })
  }
}

/** @returns undefined unless it is an ordinary file @throws the system's error */
export async function fingerprintOfFile(file: InputFile): Promise<Fingerprint | undefined> {
  const { isFile, sizeBytes, modifiedMs: exactMs, digest } = await file.status()
  const modifiedMs = Math.floor(exactMs)
  if (!isFile) return undefined
  const length = Math.min(endBytes, sizeBytes)
  const head = digest ?? (await hashOf(file, 0, length))
  const isWhole = digest !== undefined || length === sizeBytes
  const tail = isWhole ? head : await hashOf(file, sizeBytes - length, length)
  return { sizeBytes, modifiedMs, head, tail }
}

/** The fingerprint of the part of a followed file that was read, with the file's inode and creation time. */
export function followedFingerprint({ sizeBytes, head, tail, status }: ReadPart): Fingerprint {
  const { inode, modifiedMs } = status!
  const born = knownBirthNs(status!)
  return {
    sizeBytes,
    modifiedMs: Math.floor(modifiedMs),
    head: digestOf(head),
    tail: digestOf(tail),
    inode: String(inode),
    ...(born === undefined ? {} : { born: String(born) }),
  }
}

/** Whether `before` describes the file, which may have grown. Inodes are used again, and prove nothing. @throws the system's error */
export async function isSameGrown(before: Fingerprint, file: InputFile): Promise<boolean> {
  const { inode, sizeBytes, bornNs } = await file.status()
  if (String(inode) !== before.inode || sizeBytes < before.sizeBytes) return false
  if (before.born !== undefined && before.born !== String(bornNs)) return false
  return beginsAs(before, file)
}

/** Whether a file, which may be another, begins with what `before` describes. @throws the system's error */
export async function beginsAs(before: Fingerprint, file: InputFile): Promise<boolean> {
  const length = Math.min(keptBytes, before.sizeBytes)
  if ((await hashOf(file, 0, length)) !== before.head) return false
  return (await hashOf(file, before.sizeBytes - length, length)) === before.tail
}

const hashOf = async (...place: Parameters<typeof bytesAt>): Promise<string> =>
  digestOf(await bytesAt(...place))

/** The `head` and the `tail` of a file with these bytes, if they are at most 64 KiB. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}

export function isSame(a: Fingerprint, b: Fingerprint): boolean {
  return (['sizeBytes', 'modifiedMs', 'head', 'tail'] as const).every(name => a[name] === b[name])
}

/** Whether both describe the same bytes: copies on other machines have other times. */
export const isSameContent = (was: Fingerprint, is: Fingerprint): boolean =>
  isSame(was, { ...is, modifiedMs: was.modifiedMs })

/** For messages: `1234 bytes of 2026-01-02T03:04:05.000Z, 5f3a…`. */
export function fingerprintText({ sizeBytes, modifiedMs, head, tail }: Fingerprint): string {
  const digest = digestOf(Buffer.from(`${head} ${tail}`)).slice(0, 12)
  // File systems have later times than JavaScript.
  const time = attempt(() => new Date(modifiedMs).toISOString()) ?? `${modifiedMs} ms`
  return `${sizeBytes} bytes of ${time}, ${digest}`
}

export const changedText = (path: string, was: Fingerprint, is: Fingerprint): string =>
  `its input "${path}" has changed since the run began: it was ${fingerprintText(was)}, and is ${fingerprintText(is)}`

/* What the program needs from its machine: everything that differs from run to run, so that a test can provide a simulated machine. */
import type { Duplex } from 'node:stream'

export interface Timer {
  /** Has no effect if the timer has fired. */
  cancel(): void
}

export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number
  /** Milliseconds since the epoch. */
  wallMs(): number
  /** How often the process has slept; undefined if this clock does not detect sleep. */
  readonly naps?: number
  /** Calls back once after `delayMs`. The pending timer keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer
  /** Like `after`, but does not keep the process alive. */
  afterIfAlive(delayMs: number, callback: () => void): Timer
  /** Calls back in the next turn of the event loop, after the I/O of this turn. */
  nextTurn(callback: () => void): void
}

/** `bytes` are unpredictable; `number` may be predictable. */
export interface Random {
  number(): number
  bytes(length: number): Uint8Array
}

/** The identity of one end of a TLS connection. Texts are PEM. */
export interface ListenTls {
  /** Its certificate, followed by intermediate ones. */
  readonly certificate: string
  readonly key: string
}

/** How to verify the other end of a connection that we open, and how to prove our own identity. */
export interface DialTls extends Partial<ListenTls> {
  /** False accepts any certificate, even an attacker's. */
  readonly isVerified: boolean
  /** The only authorities to trust, PEM. Default: those of the system. */
  readonly authorities?: string
}

/** One end of a connection. One from `dial` emits `connect` when it is open; with TLS then `secureConnect`, when the other is verified. */
export interface Socket extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly bytesRead: number
  /** Bytes that the kernel has taken and the other machine has not acknowledged; 0 or undefined if the system does not tell. */
  readonly unacknowledgedBytes?: number
}

export interface ListeningPort {
  readonly port: number
  /** Accepts no new connections; calls back once the last connection has ended. */
  close(closed: () => void): void
}

/** Network connections. After one end has finished sending, the other end may continue to send. */
export interface Network {
  /** Connects, with TLS from the first byte if `tls` is given. Throws the system's error if `tls` is unusable. */
  dial(host: string, port: number, tls?: DialTls): Socket
  /** True if the program at this address answers in TLS; false if `ended` aborts before the answer. */
  speaksTls(host: string, port: number, ended: AbortSignal): Promise<boolean>
  /** @param tls  if given, every connection must begin with TLS @returns once the port accepts; rejects with the system's error */
  listen(
    host: string,
    port: number,
    accept: (socket: Socket) => void,
    tls?: ListenTls,
  ): Promise<ListeningPort>
}

/** A file's status, without its content. `fileKey` determines from it whether two paths lead to the same file. */
export interface FileStatus {
  readonly isFile: boolean
  readonly isFolder: boolean
  /** True if the permissions let everybody read the file; false if the system does not report them. */
  readonly isForAll?: boolean
  readonly sizeBytes: number
  readonly device: bigint
  /** 0 if the file system has no inodes. */
  readonly inode: bigint
  /** When the file was created, whole ms since the epoch; 0 if the file system does not know it. */
  readonly bornMs?: number
  /** A text that identifies the content, if the system has one without reading the file. */
  readonly digest?: string
}

export interface DatedFileStatus extends FileStatus {
  /** When the content last changed, ms since the epoch. */
  readonly modifiedMs: number
  /** When the file was created, ns since the epoch; 0 or the time of the last change if the system does not know it. */
  readonly bornNs: bigint
  /** When content or status last changed, ns since the epoch. */
  readonly changedNs: bigint
}

/** A lock that this process holds. It is renewed while the process runs. */
export interface FileLock {
  readonly path: string
  /**
   * Why this process no longer holds the lock; undefined while it holds the lock. Fast enough to call before every
   * write, because it reads the file only after a pause in which other processes may have assumed this one dead.
   */
  lost(): string | undefined
  release(): void
}

export interface HeldLock {
  readonly kind: 'held'
  readonly lock: FileLock
  /** Who held the lock before: a `dead` holder has ended, a `stale` holder may be stopped and continue later. */
  readonly from: 'nobody' | 'dead' | 'stale'
}

export type LockAnswer =
  | HeldLock
  /** A living process holds the lock. */
  | {
      readonly kind: 'taken'
      readonly pid: number
      readonly since: string
      /** `process 5 on HOST since …` */
      readonly who: string
    }
  /** The file is not a lock. */
  | { readonly kind: 'strange' }
  /** The lock changes hands so fast that this process cannot take it. */
  | { readonly kind: 'contended' }

export interface FolderEntry {
  readonly name: string
  readonly folder: string
  readonly isFolder: boolean
  /** True for an ordinary file; false for a link, even to an ordinary file. */
  readonly isFile: boolean
}

export interface InputFile {
  status(): Promise<DatedFileStatus>
  /** Continues where the last `read` ended. Returns the number of bytes read; 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number): Promise<number>
  /** Reads from a position in the file, without moving the position of the next `read`. */
  readAt(buffer: Uint8Array, offset: number, length: number, positionBytes: number): Promise<number>
  close(): Promise<void>
}

/** A file opened for writing. All calls except `syncMeanwhile` block until they are done. */
export interface OutputFile {
  /** @returns the number of bytes written, perhaps fewer than requested */
  write(bytes: Uint8Array): number
  /** Cuts the file to its first `sizeBytes` bytes; later writes continue there. */
  truncate(sizeBytes: number): void
  /** Waits until all written bytes are on disk. */
  sync(): void
  /** Like `sync`, without blocking the process. */
  syncMeanwhile(): Promise<void>
  close(): void
}

/** A temporary file without a name, which ends with its process. It is created by the first `write`. All calls block until they are done. */
export interface ScratchFile {
  /** Adds all bytes at the end. Returns their position. */
  write(bytes: Uint8Array): number
  read(buffer: Uint8Array, positionBytes: number): void
  close(): void
}

/** Failures are the system's own errors, with their `code`. In paths, a byte that is not UTF-8 is a lone surrogate (`file-name.ts`). */
export interface Files {
  open(path: string): Promise<InputFile>
  /**
   * Reads from the start or a position of a file without waiting, even from a pipe's start. Returns the number of bytes read.
   * @param found  called with the status of the file that is read: a moment later, the path may lead to another file
   */
  readNow(
    path: string,
    buffer: Uint8Array,
    fromBytes?: number,
    found?: (status: FileStatus) => void,
  ): number
  /** Follows links. */
  status(path: string): Promise<DatedFileStatus>
  /** Follows links, synchronously; undefined if the file does not exist. */
  statusNow(path: string): FileStatus | undefined
  /** Rejects if this process cannot read the file. */
  checkReadable(path: string): Promise<void>
  /** Reports entries one by one, because a list of a million entries would take much memory. */
  readFolder(path: string, found: (entry: FolderEntry) => void): Promise<void>
  /** Creates a file accessible only to its owner. EEXIST if the name exists, even as a dangling link. */
  create(path: string): OutputFile
  /** Opens an existing file for writing. EEXIST if it is not empty or not an ordinary file, ELOOP for a link. */
  openEmpty(path: string): OutputFile
  /** Opens an existing ordinary file for appending; ELOOP for a link. */
  reopen(path: string): OutputFile
  /** A file in the system's folder for temporary files (TMPDIR). */
  scratch(): ScratchFile
  /** Creates a folder and its missing parents, accessible only to the owner. Does nothing if the folder exists. */
  makeFolder(path: string): void
  /**
   * Takes the lock at this path, unless a living process holds it. The holder cannot be queried if it is stopped, or
   * runs in a different container or on a different host. The call then watches the lock for some seconds,
   * and takes nothing once `ended` aborts.
   */
  lock(path: string, ended?: AbortSignal): Promise<LockAnswer>
  /** Like `lock`, but does not watch the lock. A holder that cannot be queried keeps the lock. */
  lockNow(path: string): LockAnswer
  /** Who holds the lock; undefined if no living process does. May take some seconds, like `lock`. */
  lockHolder(path: string): Promise<LockAnswer | undefined>
  remove(path: string): void
  /** Gives a file a second name. EEXIST if the name exists. */
  link(from: string, to: string): void
  /** Renames a file in one step. Replaces an existing file with the new name. */
  rename(from: string, to: string): void
}

export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly files: Files
  readonly hostName: string
}

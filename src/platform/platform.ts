/*
  What the program needs of its machine: time, turns of the event loop, randomness, connections, files. Everything that
  differs from run to run goes through this interface, so that a test can supply another machine.
*/
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
  /** How often the process has slept; undefined if the clock does not detect sleep. */
  readonly naps?: number
  /** Calls back once after `delayMs`; until then the process stays alive. */
  after(delayMs: number, callback: () => void): Timer
  /** Like `after`, but does not keep the process alive. */
  afterIfAlive(delayMs: number, callback: () => void): Timer
  /** Calls back in the next turn of the event loop, after the input and output of this turn. */
  nextTurn(callback: () => void): void
}

/** `bytes` are unpredictable; `number` may be predictable. */
export interface Random {
  /** A number in [0, 1). */
  number(): number
  bytes(length: number): Uint8Array
}

/** How we verify the other end of a connection that we open, and how we prove our own identity. Texts are PEM. */
export interface DialTls {
  /** False accepts any certificate, even an attacker's. */
  readonly isVerified: boolean
  /** The only authorities to trust. Default: those of the system. */
  readonly authorities?: string
  /** Our certificate, followed by intermediate ones; `key` is its private key. */
  readonly certificate?: string
  readonly key?: string
}

/** The identity of a TLS server. Texts are PEM. */
export interface ListenTls {
  /** The server's certificate, followed by intermediate ones. */
  readonly certificate: string
  readonly key: string
}

/**
 * One end of a connection. Sockets from `dial` emit `connect` once they are open. With TLS, they then emit
 * `secureConnect` once the other end is verified.
 */
export interface Socket extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly bytesRead: number
}

export interface ListeningPort {
  readonly port: number
  /** Accepts no new connections; calls back once the last connection has ended. */
  close(closed: () => void): void
}

/** Connections. After one end has finished sending, the other may continue to send. */
export interface Network {
  /** Connects, with TLS from the first byte if `tls` is given. Throws the system's error if `tls` is unusable. */
  dial(host: string, port: number, tls?: DialTls): Socket
  /** True if the program at this address answers in TLS; false if `ended` aborts before the answer. */
  speaksTls(host: string, port: number, ended: AbortSignal): Promise<boolean>
  /**
   * @param tls  if given, every connection must begin with TLS
   * @returns once the port accepts connections; rejects with the system's error
   */
  listen(
    host: string,
    port: number,
    accept: (socket: Socket) => void,
    tls?: ListenTls,
  ): Promise<ListeningPort>
}

/** A file's status, without its content. `fileKey` tells whether two paths lead to the same file. */
export interface FileStatus {
  readonly isFile: boolean
  readonly isFolder: boolean
  /** True if the permissions let everybody read the file; false if the system does not tell. */
  readonly isForAll?: boolean
  readonly sizeBytes: number
  readonly device: bigint
  /** 0 if the file system has no inodes. */
  readonly inode: bigint
}

export interface DatedFileStatus extends FileStatus {
  /** When the content last changed, ms since the epoch. */
  readonly modifiedMs: number
  /**
   * When the file was created, and when its content or status last changed, ns since the epoch. Systems that do not
   * know the creation time give 0 or the time of the change as `bornNs`.
   */
  readonly bornNs: bigint
  readonly changedNs: bigint
  /** A text that identifies the content, if the system can give one without reading the file. */
  readonly digest?: string
}

/** A lock that this process holds, and renews while it runs. */
export interface FileLock {
  readonly path: string
  /**
   * Why this process no longer holds the lock; undefined while it holds the lock. Fast enough to call before every
   * write: it looks at the file only after a pause in which others may have assumed the holder dead.
   */
  lost(): string | undefined
  /** Releases the lock. Idempotent. */
  release(): void
}

export type LockAnswer =
  | {
      readonly kind: 'held'
      readonly lock: FileLock
      /** Who had the lock before: a `dead` holder has ended, a `stale` one may be merely stopped, and wake later. */
      readonly from: 'nobody' | 'dead' | 'stale'
    }
  /** A living process holds the lock. */
  | {
      readonly kind: 'taken'
      readonly pid: number
      readonly since: string
      /** `process 5 on HOST since …` */
      readonly who: string
      /** False for a holder of version 0.1.0 on another host: nothing shows whether that holder lives. */
      readonly isRenewed: boolean
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
  /** Continues where the last `read` ended. Returns the number of bytes read, 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number): Promise<number>
  /** Reads from a position in the file; the next `read` continues as if this call had not happened. */
  readAt(buffer: Uint8Array, offset: number, length: number, positionBytes: number): Promise<number>
  close(): Promise<void>
}

/** A file opened for writing. All calls but `syncMeanwhile` block until they are done. */
export interface OutputFile {
  /** @returns the number of bytes written, perhaps fewer than requested */
  write(bytes: Uint8Array): number
  /** Cuts the file to its first `sizeBytes` bytes, and continues writing there. */
  truncate(sizeBytes: number): void
  /** Waits until everything written is on disk. */
  sync(): void
  /** Like `sync`, without blocking the process. */
  syncMeanwhile(): Promise<void>
  close(): void
}

/**
 * Files. Failures are the system's own errors, with their `code`. In paths, bytes that are not UTF-8 are lone
 * surrogates (`file-name.ts`).
 */
export interface Files {
  open(path: string): Promise<InputFile>
  /** Reads the start of a file synchronously, without waiting for a pipe. Returns the number of bytes read. */
  readNow(path: string, buffer: Uint8Array): number
  /** Follows links. */
  status(path: string): Promise<DatedFileStatus>
  /** Follows links, synchronously; undefined if the file does not exist. */
  statusNow(path: string): FileStatus | undefined
  /** The promise rejects if this process cannot read the file. */
  checkReadable(path: string): Promise<void>
  /** Reports entries one by one: a list of a million would take much memory. */
  readFolder(path: string, recursive: boolean, found: (entry: FolderEntry) => void): Promise<void>
  /** Creates a file accessible only to its owner. EEXIST if the name exists, even as a dangling link. */
  create(path: string): OutputFile
  /** Opens an existing file for writing. EEXIST if it is not empty or not an ordinary file, ELOOP for a link. */
  openEmpty(path: string): OutputFile
  /** Opens an existing ordinary file for appending; ELOOP for a link. */
  reopen(path: string): OutputFile
  /** Creates a folder and its missing parents, accessible only to the owner. Does nothing if the folder exists. */
  makeFolder(path: string): void
  /**
   * Takes the lock at this path, unless a living process has it. If the holder cannot be queried, because it is stopped
   * or in another container or on another host, watches the lock for some seconds.
   */
  lock(path: string): Promise<LockAnswer>
  /** Like `lock`, but does not watch the lock. A holder that cannot be queried keeps the lock. */
  lockNow(path: string): LockAnswer
  /** The holder of the lock; undefined if no living process has it. Like `lock`, may take seconds. */
  lockHolder(path: string): Promise<LockAnswer | undefined>
  remove(path: string): void
  /** Renames a file in one step. Replaces a file that already has the new name. */
  rename(from: string, to: string): void
}

export interface Thread {
  /** Sends plain data to the thread. The sender loses the buffers in `handedOver`. */
  post(message: unknown, handedOver?: readonly ArrayBuffer[]): void
  /** Sets whether the thread keeps the process alive. */
  keepAlive(keeps: boolean): void
  /** Ends the thread, even in the middle of its work. Resolves once the thread has ended. */
  end(): Promise<void>
}

export interface ThreadEvents {
  readonly onMessage: (message: unknown) => void
  /** Called if the thread ends without a call of `end`. */
  readonly onDeath: (why: Error) => void
}

export interface Threads {
  /** How many threads can run at the same time. */
  readonly cores: number
  /**
   * Starts a thread that does not keep the process alive.
   * @param entry  path of the module to run
   * @param data  plain data for the module
   */
  start(entry: string, data: unknown, events: ThreadEvents): Thread
}

export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly files: Files
  readonly threads: Threads
  readonly hostName: string
}

/*
  What the program needs of the machine it runs on: time, turns of the event loop, randomness, connections, files.
  Everything that behaves otherwise from run to run goes through here, so that a test can bring a machine of its own.
*/
import type { Duplex } from 'node:stream'

/** A timer that was started. */
export interface Timer {
  /** Harmless when the timer has fired. */
  cancel(): void
}

/** Time, and turns of the event loop. */
export interface Clock {
  /** Milliseconds that only go up. */
  nowMs(): number
  /** Milliseconds since the epoch. */
  wallMs(): number
  /** How often the process has slept, where somebody finds out. */
  readonly naps?: number
  /** Calls back once after `delayMs`; until then the process stays alive. */
  after(delayMs: number, callback: () => void): Timer
  /** As `after`, but a process with nothing else to do ends before. */
  afterIfAlive(delayMs: number, callback: () => void): Timer
  /** Calls back in the next turn of the event loop, after the input and output of this one. */
  nextTurn(callback: () => void): void
}

/** Randomness; `bytes` cannot be guessed. */
export interface Random {
  /** In [0, 1). */
  number(): number
  bytes(length: number): Uint8Array
}

/** How the other end of a connection that is dialled proves who it is, and we to it. Texts are PEM. */
export interface DialTls {
  /** False takes any certificate, that of an attacker as well. */
  readonly isVerified: boolean
  /** The only authorities that count; those of the system when left out. */
  readonly authorities?: string
  /** Ours, followed by those in between; with its private key. */
  readonly certificate?: string
  readonly key?: string
}

/** What a server that speaks TLS proves itself with. Texts are PEM. */
export interface ListenTls {
  /** Its own, followed by those in between. */
  readonly certificate: string
  readonly key: string
}

/**
 * One end of a connection. Those that `dial` gave emit `connect` once they are open, and with TLS `secureConnect` once
 * the other end is who it should be.
 */
export interface Socket extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Bytes that have arrived. */
  readonly bytesRead: number
}

/** Where a server listens. */
export interface ListeningPort {
  readonly port: number
  /** Takes no more connections; calls back once the last one has ended. */
  close(closed: () => void): void
}

/** Connections. Both ends may send on after the other has said that it will not. */
export interface Network {
  /** With TLS from the first byte where it is asked for; throws the system's error when its texts are of no use. */
  dial(host: string, port: number, tls?: DialTls): Socket
  /** Whether what listens there answers in TLS, whoever it is; false when that is not known before `ended`. */
  speaksTls(host: string, port: number, ended: AbortSignal): Promise<boolean>
  /**
   * @param tls  every connection has to begin with it
   * @returns once connections are taken; rejects with the system's error
   */
  listen(
    host: string,
    port: number,
    accept: (socket: Socket) => void,
    tls?: ListenTls,
  ): Promise<ListeningPort>
}

/** What is known of a file without reading it; `fileKey` says whether two paths are one file. */
export interface FileStatus {
  readonly isFile: boolean
  readonly isFolder: boolean
  /** By its permissions everybody may read it; false, too, where they do not tell. */
  readonly isForAll?: boolean
  readonly sizeBytes: number
  readonly device: bigint
  /** 0 where the file system gives its files no numbers. */
  readonly inode: bigint
  /** When its content last changed, ms since the epoch. */
  readonly modifiedMs: number
  /** When it was made, and when anything of it last changed, ns since the epoch; systems that do not know the first give 0 or the other. */
  readonly bornNs: bigint
  readonly changedNs: bigint
  /** What tells its content from others, where that is known without reading it. */
  readonly digest?: string
}

/** A lock that this process holds, and renews for as long as it is not stopped. */
export interface FileLock {
  readonly path: string
  /**
   * Why this process must do nothing any more that only the holder may do; undefined while it holds the lock. It looks at the
   * file only after a pause in which others may have taken the holder for dead: it may be asked before every write.
   */
  lost(): string | undefined
  /** Gives the lock back; a second call does nothing. */
  release(): void
}

/** What came of asking for a lock. */
export type LockAnswer =
  | {
      readonly kind: 'held'
      readonly lock: FileLock
      /** Who had it before: `dead` for certain, or `stale`, which may be one that was stopped and wakes later. */
      readonly from: 'nobody' | 'dead' | 'stale'
    }
  /** A living process has it. */
  | {
      readonly kind: 'taken'
      readonly pid: number
      readonly since: string
      /** `process 5 on HOST since …` */
      readonly who: string
      /** False for a holder of version 0.1.0 on another host: whether it lives cannot be found out. */
      readonly isRenewed: boolean
    }
  /** The file is not a lock. */
  | { readonly kind: 'strange' }
  /** It changes hands faster than it can be taken. */
  | { readonly kind: 'contended' }

/** One name in a folder. */
export interface FolderEntry {
  readonly name: string
  /** The folder it lies in. */
  readonly folder: string
  readonly isFolder: boolean
}

/** A file opened for reading. */
export interface InputFile {
  status(): Promise<FileStatus>
  /** Reads on from where the last read ended. @returns bytes read, 0 at the end */
  read(buffer: Uint8Array, offset: number, length: number): Promise<number>
  /** As `read`, from a place of the file; where `read` goes on stays as it is. */
  readAt(buffer: Uint8Array, offset: number, length: number, positionBytes: number): Promise<number>
  close(): Promise<void>
}

/** A file opened for writing; every call returns once it is done. */
export interface OutputFile {
  /** @returns bytes written, perhaps fewer than there are */
  write(bytes: Uint8Array): number
  /** Cuts off what stands behind the first `sizeBytes` bytes; what is written next stands there. */
  truncate(sizeBytes: number): void
  /** Waits for the disk. */
  sync(): void
  /** As `sync`, while the process goes on with other things. */
  syncMeanwhile(): Promise<void>
  close(): void
}

/**
 * Files; failures are the system's own errors with their `code`. Bytes of a name that are not UTF-8 stand in paths as lone
 * surrogates (`file-name.ts`).
 */
export interface Files {
  open(path: string): Promise<InputFile>
  /**
   * The start of a file, read at once, while nothing else goes on. A pipe is not waited for.
   * @returns bytes read
   */
  readNow(path: string, buffer: Uint8Array): number
  /** Of what the path leads to. */
  status(path: string): Promise<FileStatus>
  /** As `status`, at once; undefined when the file does not exist. */
  statusNow(path: string): FileStatus | undefined
  /** Rejects when the file may not be read. */
  checkReadable(path: string): Promise<void>
  /** Tells of each name one by one: of a folder with a million of them a list takes more room than what becomes of it. */
  readFolder(path: string, recursive: boolean, found: (entry: FolderEntry) => void): Promise<void>
  /** Makes a file for the owner alone; EEXIST when something has that name, be it a link that leads nowhere. */
  create(path: string): OutputFile
  /** Opens a file that is there; EEXIST when it holds something or is not an ordinary file, ELOOP for a link. */
  openEmpty(path: string): OutputFile
  /** Opens an ordinary file that is there, to write behind what it holds; ELOOP for a link. */
  reopen(path: string): OutputFile
  /** Makes a folder, and those it lies in, for the owner alone; nothing happens to one that is there. */
  makeFolder(path: string): void
  /**
   * Takes the lock that the file is, unless a living process has it. A holder that cannot be asked – in another container, on
   * another host, or stopped – is watched, for seconds.
   */
  lock(path: string): Promise<LockAnswer>
  /** As `lock`, without watching: a holder that cannot be asked has it. */
  lockNow(path: string): LockAnswer
  /** Who has the lock; undefined when nobody alive has it. As `lock`, it may take seconds. */
  lockHolder(path: string): Promise<LockAnswer | undefined>
  remove(path: string): void
  /** Puts what has one name under another, in one step and in the place of what has that. */
  rename(from: string, to: string): void
}

/** Another thread of the process. */
export interface Thread {
  /** Plain data; what is handed over cannot be used here any more. */
  post(message: unknown, handedOver?: readonly ArrayBuffer[]): void
  /** Whether the process stays alive for it. */
  keepAlive(keeps: boolean): void
  /** Resolves once it has ended, whatever it was at. */
  end(): Promise<void>
}

/** What a thread tells. */
export interface ThreadEvents {
  readonly onMessage: (message: unknown) => void
  /** It has ended by itself. */
  readonly onDeath: (why: Error) => void
}

/** Threads. */
export interface Threads {
  /** How many can run at the same time. */
  readonly cores: number
  /**
   * Starts a thread that does not keep the process alive.
   *
   * @param entry  path of the module that it runs
   * @param data  plain data that it is given
   */
  start(entry: string, data: unknown, events: ThreadEvents): Thread
}

/** One machine, as one process sees it. */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly files: Files
  readonly threads: Threads
  /** What the machine calls itself. */
  readonly hostName: string
}

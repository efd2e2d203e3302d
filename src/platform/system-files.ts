/* Implements `Files` with the files of the operating system, and the machine that the program uses outside tests. Only this file and
   `system-tls.ts` open sockets. */
import * as fs from 'node:fs'
import { randomBytes, randomUUID } from 'node:crypto'
import { open, opendir, readdir, stat } from 'node:fs/promises'
import { connect, createServer, Socket } from 'node:net'
import { hostname, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { once } from 'node:events'
import { attempt } from '../errors.js'
import { FileLocks } from './file-lock.js'
import { nameOfBytes, systemName } from './file-name.js'
import type {
  DatedFileStatus,
  Files,
  FileStatus,
  FolderEntry,
  InputFile,
  Network,
  OutputFile,
  Platform,
  ScratchFile,
} from './platform.js'
import { systemClock } from './clocks.js'
import { createTlsServer, dialing, dialTls, keepAlive, speaksTls } from './system-tls.js'

const syncFile = promisify(fs.fdatasync)
const openDescriptor = promisify(fs.open)
const isLinux = platform() === 'linux'
const locks = new FileLocks(systemClock)

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } =
  fs.constants
const entriesAtOnce = 1024
/** Node replaces a byte that is not UTF-8 by this character. */
const lostCharacter = '\ufffd'
const readableByAll = 0o444
/** Without O_NONBLOCK, opening a pipe would wait for a reader of the pipe. */
const appending = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK

export const systemFiles: Files = {
  open: openInput,
  readNow,
  status: async path => datedStatusOf(await stat(systemName(path), { bigint: true })),
  statusNow(path) {
    const name = systemName(path)
    return exactStatus(bigint => fs.statSync(name, { bigint, throwIfNoEntry: false }))
  },
  // Synchronous, because handing each check to a thread would take longer than the check itself.
  checkReadable: path =>
    new Promise(resolve => resolve(fs.accessSync(systemName(path), fs.constants.R_OK))),
  readFolder,
  create: path => outputOf(fs.openSync(systemName(path), appending | O_CREAT | O_EXCL, 0o600)),
  openEmpty: path => appendable(path, 'EEXIST', 'not an empty file', ({ size }) => size === 0),
  reopen: path => appendable(path, 'EINVAL', 'not an ordinary file', () => true),
  scratch,
  makeFolder,
  lock: (path, ended) => locks.take(path, ended),
  lockNow: path => locks.takeNow(path),
  lockHolder: path => locks.holderOf(path),
  remove: path => fs.unlinkSync(systemName(path)),
  link: (from, to) => fs.linkSync(systemName(from), systemName(to)),
  rename: (from, to) => fs.renameSync(systemName(from), systemName(to)),
}

/** Reads again as BigInt only if the inode is large, which is rare. BigInts for all files would take a quarter more time. */
function exactStatus(read: (bigint: boolean) => fs.Stats | fs.BigIntStats | undefined) {
  const stats = read(false)
  const isExact = [stats?.ino ?? 0, stats?.dev ?? 0].every(Number.isSafeInteger)
  const exact = isExact ? stats : read(true)
  return exact && statusOf(exact)
}

function statusOf(stats: fs.Stats | fs.BigIntStats): FileStatus {
  const mode = Number(stats.mode)
  return {
    isFile: stats.isFile(),
    isFolder: stats.isDirectory(),
    isForAll: (mode & readableByAll) === readableByAll,
    sizeBytes: Number(stats.size),
    device: BigInt(stats.dev),
    inode: BigInt(stats.ino),
    bornMs: Math.floor(Number(stats.birthtimeMs)),
  }
}

function datedStatusOf(stats: fs.BigIntStats): DatedFileStatus {
  return {
    ...statusOf(stats),
    modifiedMs: Number(stats.mtimeMs),
    bornNs: stats.birthtimeNs,
    changedNs: stats.ctimeNs,
  }
}

/** Reports the entries of one folder. If the text of a name may have lost bytes, reads the name again as bytes. */
async function readFolder(folder: string, found: (entry: FolderEntry) => void): Promise<void> {
  const path = systemName(folder)
  let lost = 0
  const tell = (entry: fs.Dirent): void => {
    const { name } = entry
    if (name.includes(lostCharacter)) lost++
    else found({ name, folder, isFolder: entry.isDirectory(), isFile: entry.isFile() })
  }
  const entries = await opendir(path, { bufferSize: entriesAtOnce })
  try {
    for (let first = await entries.read(); first !== null; first = await entries.read()) {
      tell(first)
      // The next entries are in memory already. A million awaits would take longer than the rest of the work.
      for (let i = 1; i < entriesAtOnce; i++) {
        const next = entries.readSync()
        if (next === null) break
        tell(next)
      }
    }
  } finally {
    await entries.close()
  }
  if (lost === 0) return
  for (const entry of await readdir(path, { withFileTypes: true, encoding: 'buffer' })) {
    if (!entry.name.toString().includes(lostCharacter)) continue
    const name = nameOfBytes(entry.name)
    found({ name, folder, isFolder: entry.isDirectory(), isFile: entry.isFile() })
  }
}

/** Node's own `recursive` never ends in a folder such as /proc, where nothing can be made. */
function makeFolder(path: string): void {
  const missing: string[] = []
  for (let folder = path; ; folder = dirname(folder)) {
    if (fs.statSync(systemName(folder), { throwIfNoEntry: false }) !== undefined) break
    missing.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of missing) {
    try {
      fs.mkdirSync(systemName(folder), { mode: 0o700 })
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

async function openInput(path: string): Promise<InputFile> {
  const name = systemName(path)
  if ((await stat(name)).isFIFO()) return openPipe(name)
  const handle = await open(name, 'r')
  return {
    status: async () => datedStatusOf(await handle.stat({ bigint: true })),
    read: async (buffer, offset, length) =>
      (await handle.read(buffer, offset, length, null)).bytesRead,
    readAt: async (buffer, offset, length, positionBytes) =>
      (await handle.read(buffer, offset, length, positionBytes)).bytesRead,
    close: () => handle.close(),
  }
}

/** A named pipe. A thread that waits for a writer, or for bytes, could not be stopped. */
async function openPipe(name: string | Buffer): Promise<InputFile> {
  // Only Linux is known to tell a pipe that has no writer yet from one that has ended.
  const fd = await openDescriptor(name, O_RDONLY | (isLinux ? O_NONBLOCK : 0))
  const status = datedStatusOf(fs.fstatSync(fd, { bigint: true }))
  const pipe = new Socket({ fd, readable: true, writable: false })
  const chunks: AsyncIterator<Buffer, undefined> = pipe[Symbol.asyncIterator]()
  let rest: Buffer | undefined
  return {
    status: () => Promise.resolve(status),
    async read(buffer, offset, length) {
      rest ??= (await chunks.next()).value
      if (rest === undefined) return 0
      const count = rest.copy(buffer, offset, 0, length)
      rest = count < rest.length ? rest.subarray(count) : undefined
      return count
    },
    readAt: () => Promise.reject(new Error('a pipe is read in order')),
    close: () => Promise.resolve(void pipe.destroy()),
  }
}

function readNow(...[path, buffer, fromBytes, found]: Parameters<Files['readNow']>): number {
  const descriptor = fs.openSync(systemName(path), O_RDONLY | O_NONBLOCK)
  try {
    found?.(exactStatus(bigint => fs.fstatSync(descriptor, { bigint }))!)
    return fs.readSync(descriptor, buffer, { position: fromBytes ?? null })
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Opens an ordinary file for appending if it is as wanted. @throws an error with this code and problem otherwise */
function appendable(
  path: string,
  code: string,
  problem: string,
  isWanted: (stats: fs.Stats) => boolean,
): OutputFile {
  const descriptor = fs.openSync(systemName(path), appending)
  const stats = fs.fstatSync(descriptor)
  if (stats.isFile() && isWanted(stats)) return outputOf(descriptor)
  fs.closeSync(descriptor)
  throw Object.assign(new Error(`${code}: ${problem}, open '${path}'`), { code })
}

function scratch(): ScratchFile {
  let descriptor: number | undefined
  let size = 0
  const opened = (): number => {
    const path = join(tmpdir(), `ddb-ingest-${randomUUID()}`)
    const made = fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    fs.unlinkSync(path)
    return made
  }
  return {
    write(bytes) {
      descriptor ??= opened()
      const start = size
      for (const end = size + bytes.length; size < end;) {
        size += fs.writeSync(descriptor, bytes, size - start, end - size, size)
      }
      return start
    },
    read(buffer, positionBytes) {
      for (let done = 0; done < buffer.length;) {
        const position = positionBytes + done
        const read = fs.readSync(descriptor!, buffer, done, buffer.length - done, position)
        if (read === 0) throw new Error('it is too short')
        done += read
      }
    },
    close() {
      if (descriptor !== undefined) fs.closeSync(descriptor)
    },
  }
}

function outputOf(descriptor: number): OutputFile {
  return {
    write: bytes => fs.writeSync(descriptor, bytes),
    truncate: sizeBytes => fs.ftruncateSync(descriptor, sizeBytes),
    sync: () => fs.fdatasyncSync(descriptor),
    syncMeanwhile: () => syncFile(descriptor),
    close: () => fs.closeSync(descriptor),
  }
}

/** From Linux's tables of connections (proc(5)); 0 if none has this one or may be read, as on other systems. */
function unacknowledgedBytes({ localPort = 0, remotePort = 0 }: Socket): number {
  const [from, to] = [localPort, remotePort].map(port =>
    port.toString(16).toUpperCase().padStart(4, '0'),
  )
  const row = new RegExp(`:${from} [0-9A-F]+:${to} [0-9A-F]+ ([0-9A-F]+):`)
  for (const table of ['/proc/self/net/tcp', '/proc/self/net/tcp6']) {
    const bytes = row.exec(attempt(() => fs.readFileSync(table, 'latin1')) ?? '')?.[1]
    if (bytes !== undefined) return parseInt(bytes, 16)
  }
  return 0
}

const systemNetwork: Network = {
  dial(host, port, tls) {
    const socket =
      tls === undefined ? connect({ host, port, ...dialing }) : dialTls(host, port, tls)
    const get = (): number => unacknowledgedBytes(socket)
    return Object.defineProperty(socket, 'unacknowledgedBytes', { get })
  },
  speaksTls,
  async listen(host, port, accept, tls) {
    const server =
      tls === undefined ? createServer(keepAlive, accept) : createTlsServer(tls, accept)
    server.listen({ host, port })
    await once(server, 'listening')
    const address = server.address()
    return {
      port: typeof address === 'object' && address !== null ? address.port : port,
      close: closed => void server.close(() => closed()),
    }
  },
}

export const systemPlatform: Platform = {
  clock: systemClock,
  random: { number: () => Math.random(), bytes: length => randomBytes(length) },
  network: systemNetwork,
  files: systemFiles,
  hostName: hostname(),
}

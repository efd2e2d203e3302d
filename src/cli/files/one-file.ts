/* Which file a path leads to: paths lead to one file if they have one inode, or would create the same file. Refuses a run that uses one
   file in two roles, such as an input and the report: writing would destroy the input. Also protects the program's own files.
   Reads DolphinDB scripts, and lists of inputs: one path per line, or a NUL after each path, as from `find -print0`. */
import { fstatSync, realpathSync } from 'node:fs'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { attempt, InputError, usageError, type UsageError } from '../../errors.js'
import { expandInputs } from '../../load/inputs/open-input.js'
import { isFurtherPath } from '../../load/rejects/reject-path.js'
import { parseHolder } from '../../platform/file-lock.js'
import { fileKey, nameOfBytes, systemName } from '../../platform/file-name.js'
import type { FileStatus } from '../../platform/platform.js'
import { systemFiles } from '../../platform/system-files.js'
import { reasonsPath } from '../../source/data-files.js'
import type { Call } from '../commands/command.js'
import { stateFolder, stateParts } from './state.js'
import { defined } from '../options/definition.js'
import { clean } from '../output/output.js'
import type { Settings } from '../options/options.js'
import { missingInput } from '../../source/open-source.js'

/**
 * Follows links to the file at the path. If no file exists, describes the file that writing would create.
 * @returns `key`: the same text for all paths of one file. `name`: the path with links resolved, except a link as its last part.
 *   `isOrdinary`: false for devices, pipes and folders; a file that does not exist yet counts as ordinary
 */
export function placeOf(path: string) {
  const name = join(realPath(resolve(dirname(path))), basename(path))
  const status = statusOf(path)
  // Names that differ only in case may be one file. Only creating the file would show that, so the key ignores case.
  if (status === undefined) {
    const folder = dirname(name)
    const found = statusOf(folder)
    // Mounts give a folder a second path.
    const where = found === undefined ? foldedName(folder) : fileKey(folder, found)
    return { key: `name ${where}/${foldedName(basename(name))}`, name, isOrdinary: true }
  }
  return { key: `file ${fileKey(name, status)}`, name, isOrdinary: status.isFile }
}

const statusOf = (path: string): FileStatus | undefined =>
  attempt(() => systemFiles.statusNow(path))

export const isThere = (path: string): boolean => statusOf(path) !== undefined

/** Gives the same text for all names of one file on a disk that ignores case. */
function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** What a run does with a file, as messages say it. Paths with different roles must not lead to the same file. */
interface Role {
  readonly part: string
  /** The flag of a file that the run writes. */
  readonly flag?: string
}

const asInput: Role = { part: 'an input' }

const roles = {
  rejects: { part: 'the rejects file', flag: '--rejects ' },
  missing: { part: 'the file of missing records', flag: '--missing ' },
  reasons: { part: 'the reasons file', flag: 'the reasons file ' },
  jsonFile: { part: 'the JSON object', flag: '--json=' },
  metricsFile: { part: 'the metrics file', flag: '--metrics-file ' },
  report: { part: 'the report', flag: '--report ' },
  trace: { part: 'the trace', flag: '--trace ' },
  certificate: { part: 'the certificate', flag: '--certificate ' },
  issueText: { part: 'the text for an issue', flag: '--issue-text ' },
  journal: { part: 'the journal' },
  passwordFile: { part: 'the password file' },
  caFile: { part: 'a TLS file' },
  certFile: { part: 'a TLS file' },
  filesFrom: { part: 'the list of inputs' },
} as const satisfies Record<string, Role>

type NamedFiles = { readonly [Name in keyof typeof roles]?: string }

/** Settings that name a file; each command has some of them. */
export interface FileSettings extends Omit<NamedFiles, 'reasons' | 'jsonFile'> {
  /** Of a run: where its JSON object goes. */
  readonly json?: { readonly file?: string | undefined }
  readonly stateDir?: string
  readonly include?: readonly string[]
}

interface NamedPath {
  readonly path: string
  readonly role: Role
}

/**
 * Checks every path of the run. Opens no file for writing.
 * @param inputs  further files to read; `-` is standard input
 * @throws {UsageError} DDB_USAGE if two roles share a file, or a file to write is part of the program's own state
 */
export async function refuseSharedFiles(
  settings: FileSettings,
  inputs: readonly string[],
  { sources: { files = [], flags }, processEnvironment }: Call,
): Promise<void> {
  const { missing, rejects = missing } = settings
  const inVariable = processEnvironment.environment['DDB_INGEST_TRANSFORM'] ?? ''
  const given = [...(flags.get('transform') ?? []), inVariable]
  const transforms = given.filter(text => text.startsWith('@'))
  const own: NamedPath[] = [
    ...namedPaths(settings),
    ...files.map(path => ({ path, role: { part: 'an options file' } })),
    ...transforms.map(text => ({ path: text.slice(1), role: { part: 'the transform' } })),
  ]
  const nullKey = placeOf('/dev/null').key
  const rejectsName = rejects && placeOf(rejects).name
  const asked = roles[missing === undefined ? 'rejects' : 'missing'].flag
  const seen = new Map<string, NamedPath>()
  const look = (named: NamedPath): void => {
    const place = placeOf(named.path)
    // Records with different headers get separate files, next to the file that the user names.
    if (rejectsName && isFurtherPath(foldedName(rejectsName), foldedName(place.name))) {
      throw refusal(named, `has a name that ${asked}may need for further headers`)
    }
    // A run may both read and write a device or pipe. Two writers would garble each other's output.
    if (place.key === nullKey || (!place.isOrdinary && named.role.flag === undefined)) return
    const other = seen.get(place.key)
    const { part } = named.role
    if (other !== undefined && other.role.part !== part) {
      throw refusal(other, `is ${part} of this run`)
    }
    seen.set(place.key, named)
  }
  for (const named of own) look(named)
  // If none of the run's other files exists yet, none of them is an input, and the inputs need not be expanded.
  if (rejects !== undefined || own.some(({ path }) => isThere(path))) {
    const stem = rejectsName && foldedName(basename(rejectsName, extname(rejectsName)))
    const like = await inputsLike(inputs, settings, (path, status) => {
      const isFurther = stem !== undefined && foldedName(basename(path)).startsWith(stem)
      return isFurther || seen.has(`file ${fileKey(path, status)}`)
    })
    for (const path of like) look({ path, role: asInput })
    // A file that the shell has opened.
    if (inputs.includes('-')) look({ path: '/dev/stdin', role: asInput })
  }
  for (const named of own) {
    if (named.role.flag === undefined) continue
    const what = ownFileAt(named.path, processEnvironment.environment, settings.stateDir)
    if (what !== undefined) throw refusal(named, `is ${what}`)
  }
}

function namedPaths({ json, ...settings }: FileSettings): NamedPath[] {
  const { missing, rejects = missing } = settings
  const paths: NamedFiles = defined({
    ...settings,
    jsonFile: json?.file,
    reasons: rejects && reasonsPath(rejects),
  })
  return Object.entries<Role>(roles).flatMap(([name, role]) => {
    const path = paths[name as keyof NamedFiles]
    return path === undefined || (path === '-' && role.flag === undefined) ? [] : [{ path, role }]
  })
}

/** Expands the inputs. Returns those for which `isLike` is true, and those that cannot be expanded. */
async function inputsLike(
  inputs: readonly string[],
  { include }: FileSettings,
  isLike: (path: string, status: FileStatus) => boolean,
): Promise<readonly string[]> {
  const found: string[] = []
  const onInput = (path: string, status: FileStatus | undefined): void => {
    if (status !== undefined && isLike(path, status)) found.push(path)
  }
  const expand = (names: readonly string[], rules = defined({ include })) =>
    expandInputs(names, rules, { onInput })
  await expand(inputs).catch(async () => {
    for (const input of inputs) {
      // `include` needs a folder or archive; other inputs are expanded without it.
      await expand([input])
        .catch(() => expand([input], {}))
        .catch(() => input !== '-' && found.push(input))
    }
  })
  return found
}

function refusal({ path, role: { part, flag } }: NamedPath, why: string): UsageError {
  const label = flag ?? `${part.replace(/^an? /, 'the ')} `
  return usageError(clean(`${label}${path} ${why}: name another file`))
}

/** Says which of the program's own files a path leads to, to end a sentence; undefined for other files. Opens only ordinary files. */
export function ownFileAt(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  stateDir?: string,
): string | undefined {
  // Resolves links, because a journal is a journal under any name.
  const name = realPath(path)
  const states = [stateFolder(environment), ...(stateDir === undefined ? [] : [resolve(stateDir)])]
  const folders = states.flatMap(state => stateParts.map(folder => realPath(join(state, folder))))
  if (folders.some(folder => name === folder || name.startsWith(folder + sep))) {
    return 'among the files that ddb-ingest keeps for itself'
  }
  // More bytes than a lock has.
  const buffer = Buffer.alloc(4096)
  const length = placeOf(path).isOrdinary ? attempt(() => systemFiles.readNow(name, buffer)) : 0
  const start = buffer.toString('utf8', 0, length ?? 0)
  // Even one of a different version.
  if (/^[0-9a-f]{8} \{"kind":"/.test(start)) return 'the journal of a run'
  return parseHolder(start) === undefined ? undefined : 'a lock of ddb-ingest'
}

/** The path with links resolved, as far as it exists. */
function realPath(path: string): string {
  const folder = dirname(path)
  const unresolved = (): string => (folder === path ? path : join(realPath(folder), basename(path)))
  return attempt(() => nameOfBytes(realpathSync(systemName(path), 'buffer'))) ?? unresolved()
}

/** Enough for a hundred thousand long paths. A larger file is probably a data file given by mistake. */
const maxListBytes = 32 * 1024 * 1024

const utf16Marks = [Buffer.of(0xff, 0xfe), Buffer.of(0xfe, 0xff)]

/**
 * The sources in a list, in order; blank lines are skipped. @param path  of the list; `-` is standard input
 * @throws {InputError} DDB_INPUT_MISSING @throws {UsageError} DDB_USAGE if the file is empty, or not a list
 */
export async function readFilesFrom(path: string, stdin: Readable): Promise<string[]> {
  const bytes = path === '-' ? await buffer(listPieces(stdin)) : await readNamed(path)
  if (bytes.length > maxListBytes) throw noList(path, `has more than ${maxListBytes} bytes`)
  if (utf16Marks.some(mark => bytes.subarray(0, 2).equals(mark))) {
    throw noList(path, 'is UTF-16: write it in UTF-8')
  }
  const list = nameOfBytes(bytes).replace(/^\ufeff/, '')
  const separator = list.includes('\0') ? '\0' : /\r?\n/
  const names = list.split(separator).filter(name => name !== '')
  if (names.length === 0) throw noList(path, 'names no file')
  if (names.includes('-')) throw noList(path, 'names -, which is not a file')
  return names
}

function readNamed(path: string): Promise<Buffer> {
  return readFile(systemName(path)).catch((cause: unknown) => {
    throw missingInput(path, cause)
  })
}

async function* listPieces(stdin: Readable): AsyncGenerator<Buffer> {
  let length = 0
  for await (const piece of stdin as AsyncIterable<Buffer>) {
    yield piece
    length += piece.length
    if (length > maxListBytes) return
  }
}

function noList(path: string, why: string): UsageError {
  return usageError(`--files-from ${path} ${why}`)
}

/** @param path  `-` is standard input @throws {InputError} DDB_INPUT_MISSING, DDB_INPUT_ENCODING if it is not UTF-8 */
export async function readScriptFile(
  path: string,
  { processEnvironment }: Pick<Call, 'processEnvironment'>,
): Promise<string> {
  const bytes = path === '-' ? await buffer(processEnvironment.stdin) : await readNamed(path)
  const script = attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  if (script !== undefined) return script
  const name = path === '-' ? 'standard input' : `"${path}"`
  const remedy = 'convert it, such as with iconv -f GB18030 -t UTF-8'
  throw new InputError('DDB_INPUT_ENCODING', `${name} is not UTF-8: ${remedy}`, { file: path })
}

/** The sources that the user names, else standard input. @throws {InputError} @throws {UsageError} also if that is needed twice, or a folder */
export async function inputsOf(
  { filesFrom, passwordFile }: Pick<Settings<'load'>, 'filesFrom' | 'passwordFile'>,
  { args, processEnvironment }: Call,
): Promise<readonly string[]> {
  const named = args.length > 0 || filesFrom !== undefined ? args : ['-']
  // Node takes a folder for an empty input.
  if (named.includes('-') && attempt(() => fstatSync(0))?.isDirectory()) {
    throw usageError('standard input is a folder: name it, or give a file')
  }
  if (filesFrom === undefined) return named
  if (filesFrom === '-' && (args.includes('-') || passwordFile === '-')) {
    throw usageError(
      '--files-from - takes the names of sources from standard input: nothing else can come from there',
    )
  }
  return [...args, ...(await readFilesFrom(filesFrom, processEnvironment.stdin))]
}

/** @throws {UsageError} DDB_USAGE, after showing the help, if the user would have to type the data */
export function refuseTerminal({ filesFrom }: Pick<Settings<'load'>, 'filesFrom'>, call: Call) {
  if (filesFrom !== undefined || call.args.length > 0) return
  if (!call.processEnvironment.stdin.isTTY) return
  call.showHelp()
  throw usageError('no input: name files to load, or pipe data into standard input')
}

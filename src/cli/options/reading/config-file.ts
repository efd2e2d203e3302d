/*
  Configuration files: one JSON object whose members are long option names. Members at the top apply to every command that talks
  to a server; a member named after a command holds settings of that command only, which take precedence.
*/
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../../errors.js'
import type { ConfigLayer } from './resolve.js'
import { clean, didYouMean, systemCode } from '../../output/terminal-text.js'

/** Which parts of a configuration file apply, and which names it may contain. */
export interface ConfigScope {
  /** Name of the command, and of its section in the configuration file. */
  readonly command: string
  /** Another command whose section applies if the command's own section does not set an option. */
  readonly settingsOf?: string | undefined
  /** False for a command that uses only its own section. */
  readonly takesShared: boolean
  /** Command → long names of its options; unknown names are refused. */
  readonly known: ReadonlyMap<string, ReadonlySet<string>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** `$XDG_CONFIG_HOME/ddb-ingest/config.json`; never a file of the working directory. */
export function defaultConfigPath(environment: Environment): string {
  const home = environment['XDG_CONFIG_HOME']
  // The XDG specification says to ignore relative paths, because they depend on the working folder.
  const base = home?.startsWith('/') ? home : join(environment['HOME'] ?? homedir(), '.config')
  return join(base, 'ddb-ingest', 'config.json')
}

/** Reads `given`, then the default file. @throws {UsageError} DDB_CONFIG if a file is invalid, or `given` is missing */
export async function readConfig(
  environment: Environment,
  given: string | undefined,
  scope: ConfigScope,
): Promise<ConfigLayer[]> {
  const layers: ConfigLayer[] = []
  if (given !== undefined) layers.push(...layersOf(given, await readText(given, true), scope))
  const path = defaultConfigPath(environment)
  const text = await readText(path, false)
  if (text !== undefined) layers.push(...layersOf(path, text, scope))
  return layers
}

async function readText(path: string, named: true): Promise<string>
async function readText(path: string, named: boolean): Promise<string | undefined>
async function readText(path: string, named: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (!named && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
    throw new UsageError(
      'DDB_CONFIG',
      `cannot read the configuration file ${clean(path)} (${code})`,
      {
        cause: error,
      },
    )
  }
}

function layersOf(path: string, text: string, scope: ConfigScope): ConfigLayer[] {
  const root = parseObject(path, text)
  const shared: Record<string, unknown> = {}
  const sections: { own?: ConfigLayer; other?: ConfigLayer } = {}
  const everyName = new Set([...scope.known.values()].flatMap(names => [...names]))
  for (const [name, value] of Object.entries(root)) {
    const section = scope.known.get(name)
    if (section !== undefined && isObject(value)) {
      for (const inner of Object.keys(value)) checkName(path, `${name}.`, inner, section)
      if (name === scope.command) sections.own = { path, values: value }
      else if (name === scope.settingsOf) sections.other = { path, values: value }
    } else {
      checkName(path, '', name, everyName)
      shared[name] = value
    }
  }
  const { own, other } = sections
  const layers = [own, other, scope.takesShared ? { path, values: shared } : undefined]
  return layers.filter(layer => layer !== undefined)
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch (error) {
    const reason = clean((error as Error).message)
    throw new UsageError('DDB_CONFIG', `${clean(path)} is not JSON: ${reason}`, { cause: error })
  }
  if (isObject(root)) return root
  throw new UsageError('DDB_CONFIG', `${clean(path)} must hold one JSON object of option names`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkName(path: string, prefix: string, name: string, known: ReadonlySet<string>): void {
  if (known.has(name)) return
  const shown = clean(name)
  if (name === 'password') {
    throw new UsageError(
      'DDB_CONFIG',
      `${clean(path)}: a password does not belong in a configuration file; put it into a separate file and name that file with "password-file"`,
    )
  }
  throw new UsageError(
    'DDB_CONFIG',
    `${clean(path)}: "${prefix}${shown}" is not an option${didYouMean(name, known)}`,
  )
}

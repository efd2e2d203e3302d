/*
  Answers the request that a shell sends on each press of Tab, `complete SHELL -- …`, with the line `words` or `files`
  and then one candidate per line (for zsh, a file pattern). After any failure the answer is empty, because an error
  message must not appear in the middle of a command line.
*/
import { homedir } from 'node:os'
import { runNames } from '../../load/journal/known-runs.js'
import { systemPlatform } from '../../platform/system.js'
import { commands } from '../commands/commands.js'
import { readCommandLine } from '../options/reading/command-line.js'
import { journalFolder } from '../options/journaled.js'
import { defined } from '../options/reading/definition.js'
import { checkEnvironment, resolveOptions } from '../options/reading/resolve.js'
import { runOptions } from '../options/delivery-options.js'
import type { Output } from '../output/output.js'
import { clean } from '../output/terminal-text.js'
import type { ProcessEnvironment } from '../process-environment.js'
import {
  completionAt,
  shells,
  type CompletionRequest,
  type Candidate,
  type Lookup,
  type Shell,
} from './completion-request.js'
import { readBashLine, type TypedLine } from './bash-line.js'
import { filePatterns, filesBelow, type FileKind } from './files-below.js'
import { findTables } from './server-tables.js'

export interface Request {
  readonly shell: Shell
  /** bash passes two texts: the line up to the cursor, and the part that it will replace. Other shells pass words. */
  readonly typed: readonly string[]
}

/** undefined if the command line is not a request of a shell. */
export function requestOf(argv: readonly string[]): Request | undefined {
  const [name, shell, dashes, ...typed] = argv
  const known = shells.find(each => each === shell)
  if (name !== 'complete' || known === undefined || dashes !== '--') return undefined
  return { shell: known, typed }
}

/**
 * @param withinMs  time limit for look-ups, because the user waits after pressing Tab
 * @returns the exit code, always 0
 */
export async function complete(
  { shell, typed }: Request,
  processEnvironment: ProcessEnvironment,
  output: Output,
  withinMs = 300,
): Promise<number> {
  let isLate = false
  try {
    const line = lineOf(shell, typed)
    const asked = completionAt(line, commands)
    const { lookup } = asked
    const found: string[] = []
    if (lookup !== undefined) {
      if (isOfFiles(lookup) && shell === 'zsh') {
        await output.write(`files\n${filePatterns[lookup]}\n`)
        return 0
      }
      isLate = await takesLonger(
        withinMs,
        lookUp(asked, lookup, processEnvironment, withinMs, found),
      )
    }
    const names = found.filter(name => name.startsWith(asked.start) && isOneWord(name))
    const candidates = [...asked.candidates, ...names.map(value => ({ value, description: '' }))]
    const form = lookup !== undefined && isOfFiles(lookup) ? 'files' : 'words'
    const lines = candidates.map(lineFor(shell, asked, line, typed))
    await output.write([form, ...lines, ''].join('\n'))
  } catch {
    // After any failure the answer is empty.
  }
  if (isLate) processEnvironment.die()
  return 0
}

/** False for a name with control characters or invalid UTF-8: no shell could insert the name unchanged. */
function isOneWord(name: string): boolean {
  return clean(name) === name && !name.includes('\ufffd')
}

function isOfFiles(lookup: Lookup): lookup is FileKind {
  return lookup in filePatterns
}

function lineOf(shell: Shell, typed: readonly string[]): TypedLine {
  if (shell === 'bash') return readBashLine(typed[0] ?? '')
  const current = typed.at(-1) ?? ''
  // fish removes the quotes from every word except the word at the cursor.
  return {
    before: typed.slice(0, -1),
    current: shell === 'fish' ? readBashLine(`ddb-ingest ${current}`).current : current,
  }
}

function lineFor(
  shell: Shell,
  { prefix }: CompletionRequest,
  { current }: TypedLine,
  typed: readonly string[],
): (candidate: Candidate) => string {
  if (shell !== 'bash') {
    return ({ value, description }) =>
      `${prefix}${value}${description && `\t${clean(description)}`}`
  }
  // bash replaces only the text after the last `=` or `:`. bash itself appends the slash of a folder.
  const place = readBashLine(`ddb-ingest ${typed[1] ?? ''}`).current
  const kept = current.endsWith(place) ? current.length - place.length : 0
  return ({ value }) => (prefix + value).slice(kept).replace(/(?<=.)\/$/, '')
}

/** True if the look-up is still running at the time limit. It may then keep the process alive. */
async function takesLonger(withinMs: number, looking: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(true), withinMs)
  })
  const done = looking.then(
    () => false,
    () => false,
  )
  return Promise.race([done, late]).finally(() => clearTimeout(timer))
}

async function lookUp(
  { command, settled, start }: CompletionRequest,
  lookup: Lookup,
  processEnvironment: ProcessEnvironment,
  withinMs: number,
  found: string[],
): Promise<void> {
  const { environment } = processEnvironment
  if (isOfFiles(lookup)) {
    found.push(...filesBelow(start, lookup, environment['HOME'] ?? homedir()))
    return
  }
  const line = readCommandLine(settled, commands, 80)
  if (command === undefined || 'answer' in line) return
  checkEnvironment(environment, commands)
  const { environmentPrefix } = command
  const sources = { flags: line.flags, environment, environmentPrefix }
  if (lookup === 'tables') return findTables(command, sources, withinMs, found)
  const { stateDir } = resolveOptions({ stateDir: runOptions.stateDir }, sources)
  const folder = journalFolder(defined({ stateDir }), processEnvironment)
  const names = await runNames(folder, systemPlatform.files)
  found.push(...names.filter(name => runOptions.runId.reader.read([name]) !== undefined))
}

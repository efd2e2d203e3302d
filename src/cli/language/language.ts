/*
  Chooses the language of help and messages. Loads Chinese only if it is chosen.
*/
import { UsageError } from '../../errors.js'
import { english, type Words } from './words.js'

interface Asking {
  /** The command line before `--`. */
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly isTerminal: boolean
}

/**
 * Uses `--lang`, else DDB_INGEST_LANG, else the system's language on a terminal; pipes and logs stay English.
 * @throws {UsageError} DDB_USAGE for an unknown language
 */
export async function wordsFor({ argv, environment, isTerminal }: Asking): Promise<Words> {
  const asked = flagOf(argv) ?? environment['DDB_INGEST_LANG']
  if (asked !== undefined && asked !== '') return wordsOf(asked)
  if (!isTerminal) return english
  // The first variable that is set counts, as in POSIX.
  const system = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  return wordsOf(/^zh(?:[_.-]|$)/i.test(system) ? 'zh' : 'en')
}

/** @throws {UsageError} DDB_USAGE */
export async function wordsOf(language: string): Promise<Words> {
  if (language === 'zh') return (await import('./chinese.js')).chinese
  if (language === 'en') return english
  throw new UsageError('DDB_USAGE', `--lang: expected zh or en, got ${JSON.stringify(language)}`)
}

/** Moves `--lang` after the command (`load --lang zh`). Removes `--lang` if no command or only help follows. */
export function langAfterCommand(argv: readonly string[]): readonly string[] {
  if (argv[0]?.startsWith('-') !== true) return argv
  const at = argv.findIndex(word => /^--lang(?:=|$)/.test(word))
  if (at < 0) return argv
  const end = at + (argv[at] === '--lang' ? 2 : 1)
  const [name, ...rest] = [...argv.slice(0, at), ...argv.slice(end)]
  if (name === undefined) return []
  if (name.startsWith('-') || name === 'help') return [name, ...rest]
  return [name, ...argv.slice(at, end), ...rest]
}

function flagOf(argv: readonly string[]): string | undefined {
  let found: string | undefined
  for (const [index, word] of argv.entries()) {
    if (word.startsWith('--lang=')) found = word.slice('--lang='.length)
    else if (word === '--lang') found = argv[index + 1] ?? ''
  }
  return found
}

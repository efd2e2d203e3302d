/*
  Behaviour that depends on the server's version (docs/compatibility.md#versions-of-the-server). A run reports all of it in one notice.
*/
import { ServerError } from '../../errors.js'
import type { Plan } from '../plan.js'
import type { Asking } from './server-queries.js'

/** `2.00.10 2023.09.12` → [2, 0, 10]; undefined for anything else. */
export function parseVersion(text: string): readonly number[] | undefined {
  const match = /^\s*v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])/i.exec(text)
  return match
    ?.slice(1)
    .filter(part => part !== undefined)
    .map(Number)
}

/** Missing parts count as 0. */
export function isBefore(version: readonly number[], other: readonly number[]): boolean {
  for (let i = 0; i < Math.max(version.length, other.length); i++) {
    const difference = (version[i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** A behaviour of older servers that one or more release lines no longer have. */
interface Peculiarity {
  readonly concerns: (plan: Plan) => boolean
  /** For each release line, the first version without the behaviour; the last entry also applies to later lines. */
  readonly mendedIn: readonly (readonly number[])[]
  readonly text: string
}

const writesDfs = ({ target }: Plan): boolean =>
  target.kind === 'table' && target.table.kind === 'dfs'

const peculiarities: readonly Peculiarity[] = [
  {
    concerns: ({ mode }) => mode === 'async',
    mendedIn: [[1, 30]],
    text: 'it may take asynchronous requests only on Linux',
  },
  {
    concerns: writesDfs,
    mendedIn: [[1, 30, 9]],
    text: 'it does not say how many rows a DFS table kept, so rows outside the partition scheme go unnoticed',
  },
  {
    concerns: writesDfs,
    mendedIn: [
      [1, 30, 19],
      [2, 0, 7],
    ],
    text: 'it may turn a database with atomic CHUNK into one with TRANS',
  },
  {
    concerns: ({ target }) => target.kind === 'table' && target.method === 'upsert',
    mendedIn: [[2, 0, 10]],
    text: 'it does not say how many rows an upsert wrote',
  },
]

/** What the user should know about this version of the server, as one sentence; undefined if there is nothing. */
export function versionNotice(versionText: string, plan: Plan): string | undefined {
  const version = parseVersion(versionText)
  if (version === undefined) return undefined
  const found = peculiarities
    .filter(({ concerns, mendedIn }) => concerns(plan) && isConcerned(version, mendedIn))
    .map(({ text }) => text)
  if (found.length === 0) return undefined
  return `the server has version ${version.join('.')}: ${found.join('; ')}`
}

/** Whether DFS tables limit the length of texts; true for unknown versions. */
export function limitsTexts(versionText: string | undefined): boolean {
  const version = parseVersion(versionText ?? '')
  return version === undefined || !isConcerned(version, textLimitsFrom)
}

/** First versions that limit the length of texts (docs/server-semantics.md#conversions-on-insert). */
const textLimitsFrom: readonly (readonly number[])[] = [
  [1, 30, 23],
  [2, 0, 11],
]

function isConcerned(
  version: readonly number[],
  mendedIn: readonly (readonly number[])[],
): boolean {
  const line = mendedIn.findLast(([major]) => major! <= version[0]!) ?? mendedIn[0]!
  return isBefore(version, line)
}

/** The answer of `version()`; undefined if it is not a text. @throws {ConnectionError} @throws {TimeoutError} */
export async function askVersion({ session, timeoutMs }: Asking): Promise<string | undefined> {
  try {
    const answer = await session.run('version()', { timeoutMs, urgent: true })
    return answer?.form === 'scalar' && typeof answer.value === 'string' ? answer.value : undefined
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/*
  The server's version, and behaviour that depends on it (docs/compatibility.md#versions-of-the-server).
*/
import { ServerError } from '../../errors.js'
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

/** Whether DFS tables limit the length of texts; true for unknown versions. */
export function limitsTexts(versionText: string | undefined): boolean {
  const version = parseVersion(versionText ?? '')
  if (version === undefined) return true
  const line = textLimitsFrom.findLast(([major]) => major! <= version[0]!) ?? textLimitsFrom[0]!
  return !isBefore(version, line)
}

/** First versions of two release lines that limit the length of texts; the last also applies to later lines (docs/server-semantics.md#conversions-on-insert). */
const textLimitsFrom: readonly (readonly number[])[] = [
  [1, 30, 23],
  [2, 0, 11],
]

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

/* Runs all tests of a room in one process, because starting a process takes longer than most tests. */
import { readdirSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { everyday } from './runs.js'

/**
 * Runs the test files next to the caller and in all folders below.
 * @param isDeep        false omits the folders below
 * @param everydayOnly  the only files that everyday runs have; default all
 */
export async function runRoom(
  caller: string,
  { isDeep = true, everydayOnly }: { isDeep?: boolean; everydayOnly?: readonly string[] } = {},
): Promise<void> {
  const folder = new URL('.', caller)
  const files = readdirSync(fileURLToPath(folder), { recursive: isDeep, encoding: 'utf8' })
  const unknown = everydayOnly?.find(name => !files.includes(name))
  if (unknown !== undefined) throw new Error(`${unknown} is not a test of this room`)
  const isRun = (file: string): boolean => !everyday || (everydayOnly?.includes(file) ?? true)
  for (const file of files.filter(isTest).filter(isRun).sort()) {
    const url = new URL(file, folder).href
    if (url !== caller) await import(url)
  }
}

/** Excludes the tests of tools that are installed in a room. */
const isTest = (name: string): boolean =>
  name.endsWith('.test.ts') && !name.split(sep).includes('node_modules')

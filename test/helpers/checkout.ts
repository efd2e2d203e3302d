/*
  The path of the checkout, and the files of src/.
*/
import { readFile, readdir } from 'node:fs/promises'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Ends with a slash. */
export const root: URL = new URL('../../', import.meta.url)

export interface SourceFile {
  /** Relative to src/, with forward slashes: `protocol/vector.ts`. */
  path: string
  text: string
}

/** Every file of src/, sorted by path. */
export async function readSources(): Promise<SourceFile[]> {
  const folder = new URL('src/', root)
  const entries = await readdir(fileURLToPath(folder), { recursive: true })
  const paths = entries.map(path => path.split(sep).join('/')).filter(path => path.endsWith('.ts'))
  return Promise.all(
    paths.sort().map(async path => ({ path, text: await readFile(new URL(path, folder), 'utf8') })),
  )
}
